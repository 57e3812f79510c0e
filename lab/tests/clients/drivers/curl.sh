# Calls the service with curl whenever it is told to, and says how that went.
while read -r order; do
  if [[ $order == check ]]; then
    said=$(bash ./lane-curl --check 2>&1) && how=ok || how=error
  else
    url=https://$LAB_HOST/endpoints/e/invocations
    if [[ -n ${LAB_PROXY:-} ]]; then set -- curl -q --proxy "$LAB_PROXY" "$url"; else set -- bash ./lane-curl "$url"; fi
    said=$("$@" --silent --show-error --max-time 8 --header 'authorization: AWS4-HMAC-SHA256 none' --data hello 2>&1) && how=ok || how=error
  fi
  echo "$how" ${said//$'\n'/ }
done
