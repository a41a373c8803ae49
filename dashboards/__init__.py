"""The way out over time: the InfluxDB projection and Grafana dashboards as code."""
