#!/usr/bin/env bash
# A machine without any network but its loopback, on which nobody has ever used npm or Docker: an engine of its own in
# namespaces of its own. Brings the unpacked bundle in DIRECTORY up there, and says what became of it.
#
#   unshare --net --mount --pid --fork --mount-proc --kill-child bash offline-site.sh DIRECTORY
set -euo pipefail
site=$1
project=$site/$(ls "$site")
private=$(mktemp -d)
trap 'rm -rf "$private"' EXIT

ip link set lo up
# The socket of the machine's own engine is there, and those of its other services.
mount -t tmpfs tmpfs /run
export HOME=$private/home
mkdir "$HOME"
unset npm_config_cache DOCKER_HOST DOCKER_CONTEXT

echo '{}' > "$private/daemon.json"
dockerd --config-file "$private/daemon.json" --data-root "$private/docker" --iptables=false --bridge=none \
  --exec-opt native.cgroupdriver=cgroupfs > "$private/dockerd.log" 2>&1 &
dockerd=$!
for _ in {1..300}; do
  docker version > /dev/null 2>&1 && break
  sleep 0.2
done
docker version > /dev/null || { cat "$private/dockerd.log"; exit 1; }

cd "$project"
status=0
./bin/up local || status=$?
echo "bin/up local: $status"

status=0
./bin/up production || status=$?
echo "bin/up production: $status"

docker images --all --quiet --no-trunc | sort --unique | xargs docker image inspect \
  --format 'image {{join .RepoTags " "}} {{.Created}} {{join .RootFS.Layers " "}}'
sed -n 's/^ *\([a-z0-9]*\):.*/interface \1/p' /proc/net/dev

docker ps --all --quiet | xargs --no-run-if-empty docker rm --force > /dev/null
kill "$dockerd"
wait "$dockerd" || true
