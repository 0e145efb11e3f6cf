# What every command in bin/ begins with: where things are, then the packages and the Python environment it needs.

set -euo pipefail
export LC_ALL=C.UTF-8 # without it initdb and Python may pick an ASCII locale

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)"
LOCAL="${CITYLAB_STATE:-$ROOT/.local}"
source "$ROOT/bin/lib/packages.sh"
source "$ROOT/bin/lib/python.sh"

# prepare "LIST..." "LOCK..." [pages|-] [LOCK]: Debian packages, Python packages, the front end where pages are served, and
# a lock that may fail: there are machines for which its packages are not made.
# One at a time for one checkout. Only Python itself has to be there first; the other Debian packages (the database is
# the longest part of a first run) are installed while pip and npm work.
prepare() {
    mkdir -p -- "$LOCAL/log" 2>/dev/null && [ -w "$LOCAL" ] && [ -w "$LOCAL/log" ] ||
        stop "$LOCAL cannot be written by $(id -un). Run it as the user who ran it first, or give the folder away: sudo chown -R $(id -un) \"$LOCAL\""
    exec 9<"$ROOT" # the lock is the checkout itself: .venv belongs to it, whatever the state folder
    flock 9
    install_packages python
    # shellcheck disable=SC2086  # both are lists of plain words
    install_packages $1 &
    local others=$!
    # shellcheck disable=SC2086
    install_locks $2
    [ "${3:-}" != pages ] || PYTHONPATH="$ROOT/bin" "$PYTHON" -P -m stack.frontend
    [ -z "${4:-}" ] || (install_locks "$4") || echo "Going on without the packages of $4"
    wait "$others" || exit 1
    exec 9>&-
}

# stack MODULE ARGUMENTS...: hands over to a module of bin/stack, which needs nothing but Python itself.
stack() {
    local python="$PYTHON"
    [ -x "$python" ] || python=python3
    PYTHONPATH="$ROOT/bin" exec "$python" -P -m "stack.$1" "${@:2}"
}
