# httpie.sh VARIANT FILE URL
case $1 in
  at) http --ignore-stdin --timeout 25 --print h POST "$3" "@$2" 2>&1 ;;
  stdin) http --timeout 25 --print h POST "$3" < "$2" 2>&1 ;;
  form) http --ignore-stdin --timeout 25 -f --print h POST "$3" "file@$2" 2>&1 ;;
esac | tr '\n' ' ' | grep -o 'HTTP/1.1 [0-9]*\|[A-Za-z]*Error[^ ]*' | head -1 | sed 's/HTTP.1.1 //'
