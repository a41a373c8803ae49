"""Tests of the InfluxDB projection and the dashboards."""
