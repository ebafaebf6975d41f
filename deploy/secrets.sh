#!/bin/sh
# Makes the secrets of one system: a password for every user of the database server and the broker, the payment provider's API key, and the
# key that signs tokens.
#   deploy/secrets.sh [FOLDER]        usually .shop/compose/secrets, where docker-compose.yml looks for them; then also names this checkout
# What is there stays. To change a password, delete its file and run this again; then docker compose up again.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../.shop/compose/secrets}
command -v openssl >/dev/null || { echo "openssl is needed, and is not installed." >&2; exit 1; }

mkdir -p "$folder"
# Nobody else enters the folder. Its files are readable: containers see single files of it, and run as users of their own.
chmod 700 "$folder"

# keep FILE: standard input becomes the file, all of it or nothing.
keep() { cat >"$folder/.new"; chmod 444 "$folder/.new"; mv "$folder/.new" "$folder/$1"; }
bytes() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }

for user in postgres postgres-audit postgres-ordering_owner postgres-ordering postgres-inventory_owner postgres-inventory \
  postgres-payment_owner postgres-payment rabbitmq-ordering rabbitmq-inventory rabbitmq-payment rabbitmq-subscriber rabbitmq-monitor card-network grafana; do
  [ -s "$folder/$user.password" ] || bytes 24 | keep "$user.password"
done

if [ ! -s "$folder/signing-key.pem" ]; then
  # It shows its progress as dots.
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null | keep signing-key.pem
  rm -f "$folder/signing-key.public.pem"
fi
[ -s "$folder/signing-key.public.pem" ] || openssl pkey -in "$folder/signing-key.pem" -pubout | keep signing-key.public.pem

# The broker takes a password as four bytes of salt and the SHA-256 of salt and password.
hash_of() {
  salt=$(bytes 2)
  { printf %s "$salt"; { printf %s "$salt"; cat "$folder/rabbitmq-$1.password"; } | openssl dgst -sha256 -binary; } | openssl base64 -A
}
{
  separator='{"users":['
  for user in ordering inventory payment subscriber monitor; do
    tags=; [ "$user" != monitor ] || tags=monitoring
    printf '%s\n{"name":"%s","password_hash":"%s","hashing_algorithm":"rabbit_password_hashing_sha256","tags":"%s"}' \
      "$separator" "$user" "$(hash_of "$user")" "$tags"
    separator=,
  done
  printf '\n]}\n'
} | keep rabbitmq-users.json
for file in "$folder"/*; do
  [ -s "$file" ] || { rm -f "$file"; echo "$file could not be made." >&2; exit 1; }
done

# Compose names containers, networks and data after the project. Each checkout is one of its own, or two would replace each other's.
if [ $# = 0 ]; then
  root=$(cd -P "$here/.." && pwd)
  name=shop-$(printf %s "$root" | openssl dgst -sha256 -r | cut -c 1-8)
  { grep -sv '^COMPOSE_PROJECT_NAME=' "$root/.env" || true; echo "COMPOSE_PROJECT_NAME=$name"; } >"$root/.env.new"
  mv "$root/.env.new" "$root/.env"
fi
echo "The secrets are in $(cd "$folder" && pwd)"
