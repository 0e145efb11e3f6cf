# Debian packages: which of our lists are missing something, and installing exactly that.
#
# The lists are bin/packages/NAME.txt, one package a line with the command that succeeds when it is not needed;
# bin/up, bin/test and the Dockerfile read the same ones. Sourced by the commands in bin/; no side effects by itself.

# stop SENTENCE: what cannot be done, with the command that helps.
stop() {
    printf '%s: %s\n' "${COMMAND:-bin/up}" "$1" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# missing_packages LIST...: prints the packages of these lists that this machine lacks.
missing_packages() {
    local list package probe
    for list in "$@"; do
        while read -r package probe; do
            case "$package" in '' | '#'*) continue ;; esac
            # /usr/sbin is not on everybody's path; no `grep -q` in a probe: under pipefail it reads as missing.
            (PATH="$PATH:/usr/sbin:/sbin"; eval "$probe") >/dev/null 2>&1 </dev/null || printf '%s\n' "$package"
        done <"$ROOT/bin/packages/$list.txt"
    done
}

# install_packages LIST...: installs what is missing and nothing else.
install_packages() {
    local missing no_cluster='' list
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    list="${missing[*]}"
    command -v apt-get >/dev/null || stop "these packages are missing and this is not Debian or Ubuntu: $list. Install them by this system's own means, then run it again."
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || stop "these packages are missing: $list. Ask an administrator to run: apt-get install --no-install-recommends $list"
        sudo -n true 2>/dev/null || [ -t 0 ] || stop "installing $list needs a password. Run first: sudo apt-get install --no-install-recommends $list"
    fi
    echo "Installing Debian packages: $list"
    # The package would create and start a cluster of its own on port 5432. Only while none is installed, and only
    # for the length of this installation, so that a later one by somebody else behaves as usual.
    if [[ " $list " == *" postgresql "* ]] && ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then
        no_cluster=/etc/postgresql-common/createcluster.d/citylab.conf
        as_root mkdir -p "${no_cluster%/*}"
        echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
    fi
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600)
    local log="$LOCAL/log/apt.log"
    if [ -z "${LISTS_ARE_FRESH:-}" ]; then
        as_root "${apt[@]}" update >>"$log" 2>&1 </dev/null ||
            stop "the package lists could not be read (see $log). Check the network, then run: apt-get update"
        LISTS_ARE_FRESH=yes
    fi
    as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null || {
        [ -z "$no_cluster" ] || as_root rm -f "$no_cluster"
        stop "apt-get could not install $list (see $log). Try it by hand: apt-get install --no-install-recommends $list"
    }
    [ -z "$no_cluster" ] || as_root rm -f "$no_cluster"
    # Debian's caddy starts a server of its own on port 80; ours is started by bin/up --domain.
    if [[ " $list " == *" caddy "* ]] && [ -d /run/systemd/system ]; then
        as_root systemctl disable --now caddy.service >>"$log" 2>&1 || true
    fi
}
