# curl.sh VARIANT FILE URL...: one process, so that two URLs share a connection.
variant=$1 file=$2
shift 2
say='%{http_code} '
case $variant in
  data) options=(--data-binary "@$file") ;;
  upload) options=(-X POST -T "$file") ;;
  json) options=(--json "@$file") ;;
  form) options=(-F "file=@$file") ;;
  no_expect) options=(-H Expect: --data-binary "@$file") ;;
esac
transfers=()
for url; do
  transfers+=(${transfers[@]:+--next} -sS -m 25 -o /dev/null -w "$say" "${options[@]}" "$url")
done
curl "${transfers[@]}" 2>&1 | tr '\n' ' ' | sed 's/ 000//g'
