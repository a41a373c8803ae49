# The monitor in a container: `docker build -t tolich .`
#
# Two stages: the first has pip and whatever building needs, the second only the environment
# it made. Packages are installed from the lock with their hashes: what was tested is what runs.

FROM python:3.11.13-slim-bookworm AS environment

RUN python -m venv /opt/venv
COPY requirements.lock /tmp/requirements.lock
RUN /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r /tmp/requirements.lock


FROM python:3.11.13-slim-bookworm

LABEL org.opencontainers.image.title="tolich" \
      org.opencontainers.image.description="Watches the wastewater of industrial clusters" \
      org.opencontainers.image.licenses="Apache-2.0"

# sftp, with which TT10 files are pushed to an authority's server (docs/forwarding.md).
RUN apt-get update \
    && apt-get install -y --no-install-recommends openssh-client \
    && rm -rf /var/lib/apt/lists/*

# A fixed number, so that the owner of a bind mount can be set from outside. A named volume
# takes its owner from the folder in the image that it covers.
RUN groupadd --gid 10001 tolich \
    && useradd --uid 10001 --gid tolich --no-create-home --home-dir /var/lib/tolich \
        --shell /usr/sbin/nologin tolich \
    && install -d -o tolich -g tolich /var/lib/tolich/data /var/lib/tolich/dashboards

COPY --from=environment /opt/venv /opt/venv
# The packages as they are, owned by root: the process cannot change its own program.
WORKDIR /opt/tolich
COPY LICENSE ./
COPY rules ./rules
COPY ingest ./ingest
COPY api ./api
COPY dashboards ./dashboards
COPY simulators ./simulators
COPY tolich ./tolich
RUN /opt/venv/bin/python -m compileall -q .

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/tolich \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1

USER tolich
WORKDIR /var/lib/tolich
EXPOSE 8000

ENTRYPOINT ["python", "-m", "tolich"]
CMD ["--help"]
