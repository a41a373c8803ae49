"""The dashboards, one module each; `dashboards.built` lists them."""
