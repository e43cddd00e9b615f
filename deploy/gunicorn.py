"""The web server, the same for the local start, systemd and the container. Figures come from the environment."""

import os

bind = os.environ.get("WEB_BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
timeout = 60
# On SIGTERM requests under way are finished first.
graceful_timeout = 30
keepalive = 5
# The heartbeat file of a worker must not wait for a busy disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108
certfile = os.environ.get("WEB_CERT") or None
keyfile = os.environ.get("WEB_KEY") or None
errorlog = "-"
loglevel = "warning"
