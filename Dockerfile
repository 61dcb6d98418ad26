# How to use it: docs/how-to/docker.md

# ── The environment, with exactly what uv.lock names ──

FROM python:3.13-slim-trixie AS build
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON=/usr/local/bin/python3 \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
WORKDIR /app

# The libraries first: they change less often than the program.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked --no-dev --extra server --extra otel --no-install-project

# src/pausepoint/mcp is a link to mcp_server, and the build puts its files in that place.
COPY README.md LICENSE ./
COPY mcp_server mcp_server
COPY src src
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --locked --no-dev --extra server --extra otel --no-editable

# ── What runs: the environment, and nothing that could build one ──

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="PausePoint" \
      org.opencontainers.image.description="Lets an AI agent stop, ask a person, and go on with the answer." \
      org.opencontainers.image.licenses="Apache-2.0"
# The id is fixed, so that files on the host can be given to it. /data belongs to group 0 too:
# OpenShift and others run a container as any user, but always in that group.
RUN useradd --system --uid 10001 --gid 0 --home-dir /data --no-create-home \
        --shell /usr/sbin/nologin pausepoint \
    && install -d -m 770 -o 10001 -g 0 /data
COPY --from=build /app/.venv /app/.venv
ENV PATH="/app/.venv/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PAUSEPOINT_HOST=0.0.0.0 \
    PAUSEPOINT_DATABASE_URL=sqlite:////data/pausepoint.db
WORKDIR /data
VOLUME /data
EXPOSE 8000
# By number: some platforms must see that it is not root.
USER 10001:0
# It says that the process runs, not that its database is there: restarting would not bring that.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('PAUSEPOINT_PORT', '8000') + '/health/live', timeout=4)"]
ENTRYPOINT ["pausepoint"]
CMD ["serve"]
