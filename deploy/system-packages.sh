#!/usr/bin/env bash
# Installs the system packages that this machine lacks. `system-packages.sh stack`: those of the
# stack (PostgreSQL, Java, and Maven for Kafka); without a word also those of the other tests (a
# browser, fonts, a C compiler for the simulated power cut, Node.js, and Apache with mod_auth_openidc:
# its programs only, no service that would be started). Without root it only says what is missing.
set -eu
missing=()
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || missing+=(postgresql)
command -v java >/dev/null || [ -n "${JAVA_HOME:-}" ] || missing+=(default-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
if [ "${1:-}" != stack ]; then
  command -v chromium >/dev/null || missing+=(chromium)
  ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || missing+=(fonts-noto-cjk)
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  command -v npm >/dev/null || missing+=(nodejs npm)
  ls /usr/lib/apache2/modules/mod_auth_openidc.so >/dev/null 2>&1 || missing+=(apache2-bin libapache2-mod-auth-openidc)
fi
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "Installing system packages (once): ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >/dev/null
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "Missing, and what needs them cannot run: ${missing[*]}"
  echo "On Debian or Ubuntu: sudo apt-get install ${missing[*]}"
fi
