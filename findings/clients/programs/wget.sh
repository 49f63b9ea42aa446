# wget.sh VARIANT FILE URL...
file=$2
shift 2
timeout 20 wget -nv -O /dev/null --post-file="$file" "$@" 2>&1 | grep -o 'ERROR [0-9]*\|200\|reset.*' | head -1
[ "${PIPESTATUS[0]}" = 124 ] && echo "nothing for 20 s"
