# wget.sh VARIANT FILE URL...
file=$2
shift 2
said=$(timeout 20 wget -nv -O /dev/null --post-file="$file" "$@" 2>&1)
case $? in
  0) echo 200 ;;
  124) echo "nothing for 20 s" ;;
  *) grep -o 'ERROR [0-9]*' <<< "$said" | sed 's/ERROR //' | head -1 ;;
esac
