# The one Python environment, .venv, filled from the hashed lock files. Sourced by the commands in bin/.

PYTHON="$ROOT/.venv/bin/python"

find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    stop "Python 3.11 or newer with venv is needed. Debian 12 and Ubuntu 24.04 have it: apt-get install python3-venv"
}

# make_venv: creates .venv, again when the checkout was moved or its Python has gone.
make_venv() {
    if [ -x "$PYTHON" ] && "$PYTHON" -c '' 2>/dev/null && grep -F -- "$ROOT/.venv" "$ROOT/.venv/bin/activate" >/dev/null 2>&1; then
        return
    fi
    echo "Creating .venv"
    rm -rf -- "$ROOT/.venv"
    "$(find_python)" -m venv -- "$ROOT/.venv" || stop "the Python environment could not be created in $ROOT/.venv. Look at the lines above."
}

# install_locks LOCK...: installs requirements files whose SHA-256 differs from the one last installed.
install_locks() {
    local lock sum stamp
    make_venv
    for lock in "$@"; do
        sum="$(sha256sum <"$ROOT/$lock")"
        stamp="$ROOT/.venv/.installed-$lock"
        [ "$(cat -- "$stamp" 2>/dev/null)" != "$sum" ] || continue
        echo "Installing Python packages: $lock"
        [ -x "$ROOT/.venv/bin/uv" ] ||
            "$PYTHON" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$ROOT/bin/packages/uv.requirements" </dev/null ||
            stop "uv could not be installed. Check the network, then run: .venv/bin/pip install -r bin/packages/uv.requirements"
        # uv carries its own list of certificate authorities and ignores pip's settings; pip is the slower second try.
        SSL_CERT_FILE="${SSL_CERT_FILE:-$(ls /etc/ssl/certs/ca-certificates.crt 2>/dev/null || true)}" UV_PYTHON_DOWNLOADS=never \
            "$ROOT/.venv/bin/uv" pip install --quiet --python "$PYTHON" --no-deps --require-hashes -r "$ROOT/$lock" </dev/null ||
            "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$ROOT/$lock" </dev/null ||
            stop "the Python packages of $lock could not be installed. Check the network, then run the same command again."
        printf '%s' "$sum" >"$stamp"
    done
}
