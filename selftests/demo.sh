#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tunnel over TCP on the stock Debian kernel, shown on one screen that is made of measurements alone.
# usage: demo.sh      as root; exit status 0: everything on the screen was seen
. "$(dirname "$0")/lab/common.sh"

need_root "it boots a kernel in QEMU"
results=$cache/demo
bad=0

"$lab/setup" demo
make -s -C "$top" helper >"$cache/demo-build.log" 2>&1 || { cat "$cache/demo-build.log" >&2; die "the helper does not build"; }
rm -rf "$results"
mkdir -p "$results"
note "booting the stock Debian kernel (logs: $results)"
began=$SECONDS
booted=0
"$lab/qemu" -r "$results" -t 240 "$top/selftests/demo/guest.sh" >"$results/guest.log" 2>&1 || booted=$?

# From here on what is missing is shown, not fatal.
set +e +o pipefail

# The value of a fact that the guest found; empty when it did not.
fact() { sed -n "s/^$1 //p" "$results/facts" 2>/dev/null | head -n 1; }

head_line() { printf '\n%s\n' "$*"; }
# line CONDITION TEXT...: CONDITION is 1 when what the line says was seen
line()
{
	if [ "$1" = 1 ]; then
		printf '  ok  %s\n' "${*:2}"
	else
		printf '  NO  %s\n' "${*:2}"
		bad=1
	fi
}
yes_if() { if "$@"; then echo 1; else echo 0; fi; }

# step NAME: its time in espintcp up's own words
step()
{
	local found
	found=$(sed -n "s/^ *\([0-9.]*\) ms  $1\(: .*\)\{0,1\}$/\1 \2/p" "$results/up.log" 2>/dev/null | head -n 1)
	line "$(yes_if test -n "$found")" "$(printf '%-28s %8s ms' "$1" "${found%% *}")"
}

# detail STEP: what espintcp up said after the colon
detail() { sed -n "s/^ *[0-9.]* ms  $1: //p" "$results/up.log" 2>/dev/null | head -n 1; }

algorithms()
{
	local ike esp
	ike=$(detail "IKE_SA_INIT done")
	esp=$(detail "SAs installed")
	line "$(yes_if test -n "$ike")" "IKE  $ike"
	line "$(yes_if test -n "$esp")" "ESP  $esp"
}

carried()
{
	local n=$1 bytes took rate='?' sum
	bytes=$(fact "$n.bytes")
	took=$(fact "$n.ms")
	sum=$(fact "$n.got")
	[ -z "$bytes" ] || [ -z "$took" ] || rate=$((bytes * 8 / (took > 0 ? took : 1) / 1000))
	line "$(yes_if test "$bytes" = 20971520 -a -n "$sum" -a "$sum" = "$(fact "$n.sent")")" \
		"${n/-/ to }: ${bytes:-0} bytes, sha256 ${sum:0:16}... as sent, $rate Mbit/s"
}

pings()
{
	local got
	got=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$results/ping.log" 2>/dev/null)
	line "$(yes_if test "$got" = 10)" "ping ${got:-0} of 10, $(sed -n 's/^rtt //p' "$results/ping.log" 2>/dev/null)"
}

# One pass of tshark over the capture. Nothing is decrypted here: an inner address would be cleartext.
wire()
{
	local pcap=$results/wire.pcap c tcp prefix ike esp other udp native clear text
	mergecap -w "$pcap" "$results"/{west,east}.pcap 2>"$results/tshark.log" || { line 0 "no capture"; return; }
	c=$(tshark -o tcp.reassemble_out_of_order:TRUE -X "lua_script:$top/wireshark/espintcp.lua" -r "$pcap" -T fields -E separator=';' \
		-e ip.proto -e tcp.len -e espintcp.kind -e udp.port -e esp.spi -e ip.src -e ip.dst 2>>"$results/tshark.log" |
		awk -F';' '
		$1 == 6 && $2 > 0 { tcp++ }
		{ n = split($3, k, ","); for (i = 1; i <= n; i++) kind[k[i]]++ }
		$1 == 17 || $4 != "" { udp++ }
		$1 == 50 || ($5 != "" && $3 !~ /esp/) { esp++ }
		($6 "," $7) ~ /(^|,)10\.[12]\.0\./ { clear++ }
		END { printf "tcp=%d prefix=%d ike=%d esp=%d other=%d udp=%d native=%d clear=%d\n", tcp, kind["prefix"], kind["ike"],
			kind["esp"], kind["short"] + kind["bad"], udp, esp, clear }')
	eval "$c"
	text=$(grep -ac 'cleartext of the inner network' "$pcap" || true)
	line "$(yes_if test "$tcp" -gt 0 -a "$prefix" = 1)" "$tcp TCP segments with data, after one prefix IKETCP"
	line "$(yes_if test "$ike" -ge 4 -a "$other" = 0)" "$ike IKE messages in them, and $other that are malformed"
	line "$(yes_if test "$esp" -gt 27000)" "$esp ESP messages in them"
	line "$(yes_if test "$udp" = 0 -a "$native" = 0)" "$udp UDP packets, $native native ESP packets"
	line "$(yes_if test "$clear" = 0 -a "$text" = 0)" \
		"$clear packets of the inner networks, $text lines of the files in cleartext"
	line "$(yes_if test "$(fact tcpdump.dropped)" = 0)" "$(fact tcpdump.dropped) packets that the capture missed"
}

xfrm()
{
	local encap
	mapfile -t encap < <(sed -n 's/^[[:space:]]*\(encap type espintcp sport [1-9][0-9]* dport [1-9][0-9]*\).*/\1/p' "$results/xfrm.log" 2>/dev/null)
	line "$(yes_if test "${#encap[@]}" = 2)" "${encap[0]:-no espintcp state}"
	line "$(yes_if test "${#encap[@]}" = 2)" "${encap[1]:-no espintcp state}"
	line "$(yes_if test "$(fact status.exit)" = 0)" "espintcp status: $(sed 's/^ *//' "$results/status.log" 2>/dev/null | paste -sd' ' | cut -c1-90)"
}

screen()
{
	printf '\nESP in TCP on a kernel without it: Debian %s (%s)\n' "$(fact kernel)" \
		"$(fact kernel.version | sed 's/.*Debian \([^ ]*\).*/\1/')"
	line "$(yes_if test "$(fact module.before)" = 0 -a -n "$(fact module)")" \
		"espintcp $(fact module), loaded by the kernel when the first socket asked for it"
	head_line "Steps, in ms since espintcp up ($("$lab/accel" "$(fact kernel)" | sed 's/^-accel \([a-z]*\).*/QEMU with \1/'), 2 CPUs)"
	step "TCP connected"
	step "IKE_SA_INIT done"
	step "IKE_AUTH done"
	step "SAs installed"
	line "$(yes_if test -n "$(fact ping.first.ms)")" "$(printf '%-28s %8s ms' "first ping answered" "$(fact ping.first.ms)")"
	head_line "Negotiated"
	algorithms
	head_line "Carried through the tunnel"
	pings
	carried west-east
	carried east-west
	head_line "Seen on the wire by tshark"
	wire
	head_line "Seen in the kernel: ip -d xfrm state"
	xfrm
	head_line "After espintcp down"
	line "$(yes_if test "$(fact down.exit)$(fact up.exit)$(fact serve.exit)" = 000)" "down, up and serve ended with status $(fact down.exit), $(fact up.exit), $(fact serve.exit)"
	line "$(yes_if test "$(fact xfrm.left)" = 0 -a "$(fact sockets.left)" = 0)" "no SA, policy or connection is left at either end"
	line "$(yes_if test "$(fact module.unloaded)" = 1)" "the module can be unloaded"
	line "$(yes_if test "$booted" = 0)" "the guest ended well and its kernel log is clean"
}

screen
if [ "$bad" = 0 ]; then
	printf '\nAll of this was seen, in %d s.\n' $((SECONDS - began))
	exit 0
fi
printf '\nNot all of this was seen. %s\n' "$(fact failed)"
tail -n 5 "$results"/{guest,up,serve}.log 2>/dev/null | sed 's/^/  /'
echo "  logs: $results"
exit 1
