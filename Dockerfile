# One image for web, worker, relay and beat (compose.yaml). No secret is in it: they come from the environment.
# The package lists and the steps are those of bin/up.

FROM debian:12-slim AS base
ENV LC_ALL=C.UTF-8 CITYLAB_STATE=/var/lib/citylab
WORKDIR /app
COPY bin/lib bin/lib
COPY bin/packages bin/packages
COPY requirements.lock ./
RUN bash -c 'source bin/lib/prepare.sh && prepare "run container" requirements.lock' \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/lib/citylab/log ~/.cache

# What the browser runs; Node's packages stay behind in this stage.
FROM base AS pages
COPY package.json package-lock.json .npmrc ./
RUN PATH="/app/.venv/bin:$PATH" npm ci --no-audit --no-fund
COPY . .
RUN PATH="/app/.venv/bin:$PATH" npm run build

FROM base
# With --build-arg AI=on also what looks for people on photos: 300 MB more (the service ai of compose.yaml).
ARG AI=off
COPY requirements-ai.lock ./
RUN if [ "$AI" = on ]; then bash -c 'source bin/lib/prepare.sh && install_locks requirements-ai.lock' && rm -rf ~/.cache; fi
COPY . .
COPY --from=pages /app/citylab/static/build citylab/static/build
# .mo files, bytecode (the running user may not write it), and a user of its own that owns nothing but the state folder.
RUN PYTHONPATH=bin .venv/bin/python -c 'from stack.translations import compile_translations; compile_translations()' \
    && .venv/bin/python -m compileall -q citylab reports analytics bin \
    && useradd --uid 10001 --no-create-home --home-dir /var/lib/citylab --shell /usr/sbin/nologin citylab \
    && install -d -o citylab -g citylab -m 0755 /var/lib/citylab
ENV PYTHONPATH=/app/bin PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin
USER citylab
VOLUME /var/lib/citylab
EXPOSE 8000
# One of web, worker, relay, beat; compose.yaml says which.
ENTRYPOINT ["python", "-P", "-m", "stack.services"]
CMD ["web"]
