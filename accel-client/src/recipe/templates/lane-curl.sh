#!/usr/bin/env bash
# curl through the lane @NAME@, with TLS verified:  lane-curl https://HOST/PATH [options of curl]
#
# Only the address that is dialled is new: URL, Host, SNI and certificate check stay the service's own. curl gets all of the lane's addresses
# for the URL's host (--resolve; --connect-to takes but one) and goes on to the next when one does not answer. Another host is refused.
#
# When the lane's addresses change: every call resolves the name to dial anew, within the pinned addresses. For a lane that was built anew
# write `accel outputs SPEC --json` to the file that ACCEL_LANE names: every call reads it. Without that file print this one anew.
#
# `lane-curl --check` fails if calls would go around the lane. Needs jq, and getent where the lane's addresses are not pinned.
set -euo pipefail
BUILT_IN='@SETTINGS@'
fail() { echo "lane-curl: $*" >&2; exit 1; }

settings=$(if [[ -n ${ACCEL_LANE:-} ]]; then cat "$ACCEL_LANE"; else printf %s "$BUILT_IN"; fi | jq -c .) || fail "the settings cannot be read"
ask() { jq -r "$@" <<<"$settings"; }
[[ $(ask '.schema') == accel.lane-outputs.v1 ]] || fail "not the settings of a lane"
ask -e '.expires | not or (sub("\\.[0-9]+"; "") | fromdateiso8601) > now' >/dev/null || fail "the lane's settings expired: take new ones"

public() { ! [[ $1 =~ ^(0|10|127|22[4-9]|2[3-5][0-9])\.|^100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|^169\.254\.|^172\.(1[6-9]|2[0-9]|3[01])\.|^192\.168\.|^198\.1[89]\. ]]; }

# The lane's addresses for a host and port, with commas between.
addresses() {
  local entry pinned dial private address found=()
  entry=$(ask -c --arg host "${1,,}" --argjson port "$2" '[.entries[]
    | select((.ports // [443] | index([$port])) and (.hosts | map(ascii_downcase)
    | index([$host]) or index(["*." + ($host | split(".")[1:] | join("."))])))][0] // empty')
  [[ -n $entry ]] || fail "$1:$2 is not in the lane: FIPS, dual-stack or an endpoint URL?"
  pinned=$(jq -r '.addresses[]? | .address? // .' <<<"$entry")
  private=$(jq -r '.allow_private // false' <<<"$entry")
  dial=$(jq -r '.dial // empty' <<<"$entry")
  for address in $([[ -z $dial ]] || getent ahostsv4 "$dial" | awk '$2 == "STREAM" { print $1 }') $pinned; do
    [[ -z $pinned || " ${pinned//$'\n'/ } " == *" $address "* ]] || continue
    [[ $private == true ]] || public "$address" || continue
    [[ " ${found[*]-} " == *" $address "* ]] || found+=("$address")
  done
  ((${#found[@]})) || fail "no address of the lane is known for $1"
  (IFS=,; echo "${found[*]}")
}

# Where a URL leads: host and port.
place() {
  [[ $1 =~ ^https://([A-Za-z0-9._-]+)(:([0-9]+))?([/?#]|$) ]] || fail "$1: not the https URL of a host"
  echo "${BASH_REMATCH[1]} ${BASH_REMATCH[3]:-443}"
}

call() { # no ~/.curlrc and no proxy: they could lead elsewhere, or switch verification off
  local argument host port found lines=()
  for argument; do
    case $argument in
      -k | --insecure | --proxy-insecure | --doh-insecure) fail "a lane is used with TLS verified" ;;
      http://*) fail "$argument: the lane takes https alone" ;;
      https://*)
        read -r host port <<<"$(place "$argument")"
        found=$(addresses "$host" "$port") || exit 1
        lines+=(--resolve "$host:$port:$found") ;;
    esac
  done
  ((${#lines[@]})) || fail "no https URL is given"
  curl -q --noproxy '*' --proto '=https' --connect-timeout 3 --keepalive-time 45 "${lines[@]}" "$@"
}

check() {
  local name host port dialled tried=0
  for name in AWS_USE_FIPS_ENDPOINT AWS_USE_DUALSTACK_ENDPOINT; do
    [[ ${!name:-} != [Tt][Rr][Uu][Ee] ]] || fail "$name leads to hosts that are not in the lane"
  done
  for name in $(compgen -e AWS_ENDPOINT_URL || true); do
    read -r host port <<<"$(place "${!name}")"
    (addresses "$host" "$port") >/dev/null 2>&1 || fail "$name=${!name} leads around the lane"
  done
  while read -r host port; do
    for name in https_proxy HTTPS_PROXY all_proxy ALL_PROXY; do
      [[ -z ${!name:-} || ",${no_proxy:-${NO_PROXY:-}}," == *",$host,"* || ${no_proxy:-${NO_PROXY:-}} == '*' ]] ||
        fail "$name leads around the lane: add $host to NO_PROXY"
    done
    dialled=$(call --silent --show-error --max-time 10 --output /dev/null --write-out '%{remote_ip}' "https://$host:$port/ping")
    [[ ",$(addresses "$host" "$port")," == *",$dialled,"* ]] || fail "$host was dialled at $dialled, which is not the lane's"
    tried=1
  done < <(ask '.entries[] | (.ports // [443])[] as $port | .hosts[] | select(startswith("*.") | not) | "\(.) \($port)"')
  ((tried)) || fail "the lane names patterns of hosts alone: there is none to check"
  echo "lane: used"
}

if [[ ${1:-} == --check ]]; then check; else call "$@"; fi
