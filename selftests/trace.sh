#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tracepoints: what each says. UML has none.
# bench: qemu
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

trace=/sys/kernel/tracing
[ -d $trace/events ] || mount -t tracefs tracefs $trace 2>/dev/null
modprobe espintcp || bail_out "no module"
[ -d $trace/events/espintcp ] || bail_out "no tracepoints"
at_exit "echo 0 >$trace/events/espintcp/enable"

line() { grep -oE "espintcp_$1: .*" $trace/trace; }
traced() { line "$1" | grep -qE -e "$2"; }

is "six have names" "$(cd $trace/events/espintcp && echo espintcp_*)" \
	"espintcp_attach espintcp_detach espintcp_drop espintcp_queue espintcp_rx espintcp_tx"
is "no format has a pointer" "$(grep -l '%p' $trace/events/espintcp/*/format)" ''
topo_up
outer 4
echo >$trace/trace
echo 1 >$trace/events/espintcp/enable
try "a connection" hold_up
cookie=$(west espintcp status --json | jq -r .sockets[0].cookie)
try "attach, with the ports" traced attach "cookie=$cookie family=2 laddr=c0000201 lport=$PORT_WEST raddr=c0000202 rport=$PORT_EAST\$"
sa_add tunnel sa_gcm
sp_tunnel
try "a packet each way" west ping -c 1 -w 10 -I $WEST_IN4 $EAST_IN4
try "queue" traced queue "cookie=$cookie len=[0-9]+ queued=[0-9]+\$"
try "tx" traced tx "cookie=$cookie kind=esp len=[0-9]+\$"
try "rx" traced rx "cookie=$cookie kind=esp len=[0-9]+\$"
is "as many as the counters say" "$(line tx | grep -c "cookie=$cookie kind=esp")" "$(counter west tx_esp)"
hold_down
try "detach, with the reason" traced detach "cookie=$cookie end=(owner|peer) errno=0\$"
west ping -c 1 -W 1 -I $WEST_IN4 $EAST_IN4 >"$TMP/ping" 2>&1
try "drop, with the counter" traced drop 'cookie=0 reason=tx_no_socket$'
echo 0 >$trace/events/espintcp/enable
echo >$trace/trace
hold_up
is "switched off, they say nothing" "$(grep -c espintcp_ $trace/trace)" 0
hold_down
xfrm_flush
