# syntax=docker/dockerfile:1

# The libraries, in an environment of their own: exactly those of the lock file, no compiler.
FROM python:3.11-slim AS libraries
COPY requirements.lock /tmp/
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r /tmp/requirements.lock

FROM python:3.11-slim
# Nothing in the image can install or build anything.
RUN pip uninstall --yes --root-user-action ignore setuptools wheel pip \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin bordereau \
 && install --directory --owner bordereau --mode 700 /var/lib/bordereau
COPY --from=libraries /opt/venv /opt/venv
WORKDIR /app
COPY . .
RUN /opt/venv/bin/python -m compileall -q .

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    LOG_FORMAT=json \
    DATABASE_URL=sqlite:////var/lib/bordereau/bordereau.db
USER bordereau
VOLUME /var/lib/bordereau
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/readyz', timeout=4)"]
CMD ["python", "manage.py", "serve"]
