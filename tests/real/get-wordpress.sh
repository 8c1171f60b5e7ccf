#!/bin/sh
# Gets what tests/real/wordpress.py needs, from Debian's archive: PHP, MariaDB's programs (no service) and WordPress's
# files, which are unpacked into the folder given. Needs root for the first part only, and only where it is missing.
#
#     sh tests/real/get-wordpress.sh ~/.cache/socialcare-wordpress
#     WORDPRESS_FILES=~/.cache/socialcare-wordpress python -m pytest -m real tests/real
set -eu
target=${1:?name the folder that WordPress is to be unpacked into}
mkdir -p "$target"
target=$(cd "$target" && pwd)

if ! command -v php mariadbd mariadb-install-db >/dev/null || ! php -m | grep -q mysqli; then
    apt-get install -y --no-install-recommends php-cli php-mysql php-mbstring php-xml php-gd \
        mariadb-server-core mariadb-client-core
fi
packages=$(mktemp -d)
trap 'rm -rf "$packages"' EXIT
cd "$packages"
# The package itself wants a web server; only its files are of use here.
apt-get download wordpress wordpress-theme-twentytwentythree libjs-underscore libjs-cropper php-getid3
for package in *.deb; do
    dpkg-deb -x "$package" "$target"
done
echo "WORDPRESS_FILES=$target"
