// SPDX-License-Identifier: GPL-2.0-or-later
/* Generated from
 * Documentation/netlink/specs/espintcp.yaml
 * by Documentation/netlink/generate: do not edit.
 */
#include "genl/names.h"

const char *const genl_counter_names[ESPINTCP_A_COUNTER_MAX + 1] = {
	[ESPINTCP_A_COUNTER_RX_ESP] = "rx_esp",
	[ESPINTCP_A_COUNTER_RX_ESP_BYTES] = "rx_esp_bytes",
	[ESPINTCP_A_COUNTER_RX_IKE] = "rx_ike",
	[ESPINTCP_A_COUNTER_RX_IKE_BYTES] = "rx_ike_bytes",
	[ESPINTCP_A_COUNTER_RX_KEEPALIVE] = "rx_keepalive",
	[ESPINTCP_A_COUNTER_RX_SHORT] = "rx_short",
	[ESPINTCP_A_COUNTER_RX_BAD_LENGTH] = "rx_bad_length",
	[ESPINTCP_A_COUNTER_RX_IKE_FULL] = "rx_ike_full",
	[ESPINTCP_A_COUNTER_RX_NO_MEMORY] = "rx_no_memory",
	[ESPINTCP_A_COUNTER_RX_NO_DEVICE] = "rx_no_device",
	[ESPINTCP_A_COUNTER_RX_TRUNCATED] = "rx_truncated",
	[ESPINTCP_A_COUNTER_RX_MEMORY_FULL] = "rx_memory_full",
	[ESPINTCP_A_COUNTER_RX_CE] = "rx_ce",
	[ESPINTCP_A_COUNTER_RX_TIMEOUT] = "rx_timeout",
	[ESPINTCP_A_COUNTER_TX_ESP] = "tx_esp",
	[ESPINTCP_A_COUNTER_TX_ESP_BYTES] = "tx_esp_bytes",
	[ESPINTCP_A_COUNTER_TX_IKE] = "tx_ike",
	[ESPINTCP_A_COUNTER_TX_IKE_BYTES] = "tx_ike_bytes",
	[ESPINTCP_A_COUNTER_TX_ASYNC] = "tx_async",
	[ESPINTCP_A_COUNTER_TX_QUEUE_FULL] = "tx_queue_full",
	[ESPINTCP_A_COUNTER_TX_MEMORY_FULL] = "tx_memory_full",
	[ESPINTCP_A_COUNTER_TX_NO_MEMORY] = "tx_no_memory",
	[ESPINTCP_A_COUNTER_TX_NO_SOCKET] = "tx_no_socket",
	[ESPINTCP_A_COUNTER_TX_LOOP] = "tx_loop",
	[ESPINTCP_A_COUNTER_TX_CRYPTO] = "tx_crypto",
	[ESPINTCP_A_COUNTER_TX_TOO_BIG] = "tx_too_big",
	[ESPINTCP_A_COUNTER_TX_CLOSED] = "tx_closed",
	[ESPINTCP_A_COUNTER_TX_AQM] = "tx_aqm",
	[ESPINTCP_A_COUNTER_RX_UNKNOWN_SPI] = "rx_unknown_spi",
	[ESPINTCP_A_COUNTER_TX_GSO] = "tx_gso",
};

const char *const genl_limit_names[ESPINTCP_A_LIMITS_MAX + 1] = {
	[ESPINTCP_A_LIMITS_MEMORY] = "memory",
	[ESPINTCP_A_LIMITS_TX_QUEUE] = "tx_queue",
	[ESPINTCP_A_LIMITS_IKE_QUEUE] = "ike_queue",
	[ESPINTCP_A_LIMITS_RX_TIMEOUT] = "rx_timeout",
	[ESPINTCP_A_LIMITS_UNPRIVILEGED] = "unprivileged",
};

const char *const genl_end_names[ESPINTCP_END_MAX + 1] = {
	[ESPINTCP_END_NONE] = "none",
	[ESPINTCP_END_OWNER] = "owner",
	[ESPINTCP_END_PEER] = "peer",
	[ESPINTCP_END_ERROR] = "error",
	[ESPINTCP_END_BAD_LENGTH] = "bad-length",
	[ESPINTCP_END_TIMEOUT] = "timeout",
	[ESPINTCP_END_ADMINISTRATOR] = "administrator",
};

const char *const genl_close_names[ESPINTCP_CLOSE_MAX + 1] = {
	[ESPINTCP_CLOSE_ABORT] = "abort",
	[ESPINTCP_CLOSE_DRAIN] = "drain",
};

const char *const genl_event_names[ESPINTCP_EVENT_MAX + 1] = {
	[ESPINTCP_EVENT_ATTACHED] = "attached",
	[ESPINTCP_EVENT_DETACHED] = "detached",
	[ESPINTCP_EVENT_CONGESTED] = "congested",
	[ESPINTCP_EVENT_RESUMED] = "resumed",
	[ESPINTCP_EVENT_REFUSED] = "refused",
};
