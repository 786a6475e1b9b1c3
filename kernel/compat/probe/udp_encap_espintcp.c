// SPDX-License-Identifier: GPL-2.0-only
/* encapsulation types include TCP_ENCAP_ESPINTCP */
#include <linux/udp.h>

HAS(udp_encap_espintcp, void)
{
	return TCP_ENCAP_ESPINTCP;
}

CONTROL(udp_encap_espintcp, void)
{
	return UDP_ENCAP_ESPINUDP;
}
