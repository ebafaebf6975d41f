#!/usr/bin/env bash
# Prints the Secrets of the local overlay, for: k8s/local/secrets.sh | kubectl apply --server-side -f -
# What they hold is made once and kept in .shop/secrets, where ./shop keeps its own: ./shop token makes tokens the cluster believes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
secrets=${SHOP_STATE:-$here/../../.shop}/secrets
namespace=shop

command -v openssl >/dev/null || { echo "secrets.sh needs openssl, to make the key that signs tokens." >&2; exit 1; }
umask 077
mkdir -p "$secrets"

# keep FILE: standard input becomes the file, unless there is one. Linked into place whole, as ./shop does.
keep() {
  local draft; draft=$(mktemp "$secrets/draft.XXXXXX")
  cat >"$draft"
  ln "$draft" "$secrets/$1" 2>/dev/null || true
  rm -f "$draft"
}

password() {
  [ -e "$secrets/$1.password" ] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' | keep "$1.password"
  cat "$secrets/$1.password"
}

bytes() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"; }
sha256() { sha256sum | cut -d' ' -f1; }

# RabbitMQ's own form: salt, then the hash of salt and password. The same password gives the same salt, so that running
# this again changes nothing.
broker_hash() {
  local password salt; password=$(password "rabbitmq-$1")
  salt=$(printf '%s' "$1 $password" | sha256 | cut -c1-8)
  { bytes "$salt"; bytes "$({ bytes "$salt"; printf '%s' "$password"; } | sha256)"; } | base64 -w0
}

# login SECRET USER PASSWORD
login() {
  printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: { name: %s, namespace: %s }\ntype: kubernetes.io/basic-auth\nstringData: { username: %s, password: "%s" }\n' \
    "$1" "$namespace" "$2" "$3"
}

# file SECRET KEY: standard input is its value.
file() {
  printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: { name: %s, namespace: %s }\ntype: Opaque\ndata: { %s: %s }\n' \
    "$1" "$namespace" "$2" "$(base64 -w0)"
}

for user in postgres audit {ordering,inventory,payment}{,_owner}; do
  name=$([ "$user" = postgres ] && echo postgres || echo "postgres-$user")
  login "database-${user//_/-}" "$user" "$(password "$name")"
done

# Who there is, and then what they may do: the one definition of that, which begins with a line of its own for its brace.
users=
for user in ordering inventory payment subscriber monitor; do
  login "broker-$user" "$user" "$(password "rabbitmq-$user")"
  users+=$(printf '{"name":"%s","password_hash":"%s","hashing_algorithm":"rabbit_password_hashing_sha256","tags":"%s"},' \
    "$user" "$(broker_hash "$user")" "$([ "$user" = monitor ] && echo monitoring)")
done
{ echo "{\"users\":[${users%,}],"; sed 1d "$here/../../deploy/rabbitmq/access.json"; } | file rabbitmq-definitions definitions.json

[ -e "$secrets/signing-key.pem" ] || openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null | keep signing-key.pem
[ -e "$secrets/signing-key.public.pem" ] || openssl pkey -in "$secrets/signing-key.pem" -pubout | keep signing-key.public.pem
password card-network | file card-network api-key
file tokens signing-key.public.pem <"$secrets/signing-key.public.pem"
