# syntax=docker/dockerfile:1
# scribe-mock as an image: `docker build --tag scribe-mock .`, then `docker run --publish 8080:8080 scribe-mock`.
FROM python:3.12 AS build
WORKDIR /build
RUN python -m venv /opt/scribe-mock
COPY requirements.lock ./
RUN /opt/scribe-mock/bin/pip install --no-cache-dir --no-compile --no-deps --require-hashes \
      --requirement requirements.lock
COPY pyproject.toml README.md LICENSE CONTRACT.md openapi.yaml ./
COPY fixtures fixtures
COPY handlers handlers
# Left out is what only a debugger or a package's own tests would use: a fifth of the size. Compiled
# ahead, since the file system of a container that runs can be read-only.
RUN /opt/scribe-mock/bin/pip install --no-cache-dir --no-compile --no-deps . \
 && /opt/scribe-mock/bin/pip uninstall --yes pip \
 && find /opt/scribe-mock/lib -type d -name tests -prune -exec rm -r {} + \
 && find /opt/scribe-mock/lib -name '*.so' -not -path '*.libs/*' -exec strip --strip-unneeded {} + \
 && python -m compileall -q /opt/scribe-mock/lib

FROM python:3.12-slim
COPY --from=build /opt/scribe-mock /opt/scribe-mock
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
ENV PATH="/opt/scribe-mock/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SCRIBE_MOCK_HOST=0.0.0.0 \
    SCRIBE_MOCK_PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['SCRIBE_MOCK_PORT']}/_mock/live\", timeout=2)"]
ENTRYPOINT ["scribe-mock"]
CMD ["serve"]
