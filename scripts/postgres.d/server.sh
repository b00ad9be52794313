# A PostgreSQL server in a folder of its own, on a Unix socket that nobody else can open; sourced by scripts/postgres, which sets `here`.
# start_server makes one, sets MATTER_POSTGRES to the URL of an empty database on it, and MATTER_POSTGRES_RESTART to a program
# that kills all of it with SIGKILL and starts it again. The server is stopped and the folder removed when the shell ends.

# Debian's package would start a server of its own, which is not needed here.
install_postgres() {
    if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
        return
    fi
    local sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    "$here/debian" --no-install-recommends postgresql-common
    $sudo mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.d/matter.conf >/dev/null
    "$here/debian" --no-install-recommends postgresql
}

start_server() {
    install_postgres
    local bin version
    version=$(ls /usr/lib/postgresql | sort -n | tail -1)
    bin=/usr/lib/postgresql/$version/bin
    # In memory unless TMPDIR names another folder: only the server is killed, not the machine. A socket's path has 107 bytes at most.
    local parent=/tmp
    [ ! -d /dev/shm ] || parent=/dev/shm
    pg_folder=$(mktemp -d "${TMPDIR:-$parent}/matter-pg.XXXXXX")
    trap stop_server EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # initdb refuses to run as root.
    pg_as=()
    if [ "$(id -u)" = 0 ]; then
        chown postgres: "$pg_folder"
        pg_as=(setpriv --reuid=postgres --regid=postgres --init-groups)
    fi
    cat >"$pg_folder/restart" <<END
#!/usr/bin/env bash
# kill: kills all of the server with SIGKILL; start: starts it; without an argument: one after the other.
cd "$pg_folder"
if [ "\${1:-kill}" = kill ]; then
    leader=\$(head -1 data/postmaster.pid)
    pids=\$(ps -o pid= --ppid "\$leader")
    kill -9 "\$leader" \$pids 2>/dev/null
    while kill -0 "\$leader" 2>/dev/null; do sleep 0.02; done
fi
if [ "\${1:-start}" = start ]; then
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        HOME=$pg_folder ${pg_as[*]} "$bin/pg_ctl" -D data -l log -w -s start >/dev/null 2>&1 && exit 0
        # Processes of the killed server may still hold its memory.
        sleep 0.3
    done
    tail -5 log >&2
    exit 1
fi
END
    chmod 755 "$pg_folder/restart"
    (
        cd "$pg_folder"
        "${pg_as[@]}" env HOME="$pg_folder" "$bin/initdb" -D data -U matter -A trust -E UTF8 --locale=C --data-checksums -N >initdb.log
        cat >>data/postgresql.conf <<END
listen_addresses = ''
unix_socket_directories = '$pg_folder'
unix_socket_permissions = 0700
max_connections = 200
END
        ./restart start
        "${pg_as[@]}" "$bin/createdb" -h "$pg_folder" -U matter ledger
    )
    pg_bin=$bin
    export MATTER_POSTGRES="postgresql:///ledger?host=$pg_folder&user=matter"
    export MATTER_POSTGRES_RESTART=$pg_folder/restart
    pg_name="PostgreSQL $("$bin/postgres" --version | awk '{print $3}')"
}

stop_server() {
    local result=$?
    trap - EXIT
    if [ -n "${pg_folder:-}" ]; then
        if [ -e "$pg_folder/data/postmaster.pid" ]; then
            (cd "$pg_folder" && "${pg_as[@]}" "$pg_bin/pg_ctl" -D data -m immediate -s -w stop) || "$pg_folder/restart" kill
        fi
        rm -rf "$pg_folder"
    fi
    exit "$result"
}

# Lets the server listen on localhost, with TLS and passwords: sets MATTER_POSTGRES_TLS to its URL there, and MATTER_POSTGRES_CA
# and MATTER_POSTGRES_OTHER_CA to the certificates of its authority and of another one.
listen_encrypted() {
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (
        cd "$pg_folder"
        for name in ca other; do
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.pem -days 2 \
                -subj "/CN=$name" -addext basicConstraints=critical,CA:true 2>/dev/null
        done
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj /CN=localhost \
            2>/dev/null
        printf 'subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:false\n' >server.ext
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out server.pem \
            2>/dev/null
        chmod 600 server.key
        [ "$(id -u)" != 0 ] || chown postgres: server.key
        cat >>data/postgresql.conf <<END
listen_addresses = 'localhost'
port = $port
ssl = on
ssl_cert_file = '$pg_folder/server.pem'
ssl_key_file = '$pg_folder/server.key'
END
        printf 'local all all trust\nhostssl all all localhost scram-sha-256\n' >data/pg_hba.conf
        "$pg_bin/psql" -XqAt -h "$pg_folder" -U matter ledger -c "ALTER USER matter PASSWORD 'correct horse: battery\\staple'"
        ./restart
    )
    export MATTER_POSTGRES="$MATTER_POSTGRES&port=$port"
    export MATTER_POSTGRES_TLS="postgresql://matter@localhost:$port/ledger?sslmode=require"
    export MATTER_POSTGRES_CA=$pg_folder/ca.pem MATTER_POSTGRES_OTHER_CA=$pg_folder/other.pem
}
