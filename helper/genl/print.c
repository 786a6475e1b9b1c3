// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel module says, for people and as JSON. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "genl/genl.h"
#include "macros.h"

static const char *const counter_names[ESPINTCP_A_COUNTER_MAX + 1] = {
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
};

static const struct {
	uint32_t bit;
	const char *name;
} features[] = {
	{ ESPINTCP_FEATURE_IPV4, "ipv4" },
	{ ESPINTCP_FEATURE_IPV6, "ipv6" },
};

/**
 * genl_counter_name - name of a counter
 * @counter: of enum espintcp_counter, or any other number
 *
 * Return: the name, or NULL if no counter has this number.
 */
const char *genl_counter_name(int counter)
{
	if (counter < 0 || counter > ESPINTCP_A_COUNTER_MAX)
		return NULL;
	return counter_names[counter];
}

static const char *address(const struct genl_socket *s, const uint8_t *addr, char *buf, size_t len)
{
	return inet_ntop(s->family, addr, buf, len);
}

static void text_counters(FILE *to, const struct genl_counters *c)
{
	bool any = false;

	fputs("  counters", to);
	for (int i = 0; i <= ESPINTCP_A_COUNTER_MAX; i++) {
		if (!counter_names[i] || !c->v[i])
			continue;
		fprintf(to, "  %s %" PRIu64, counter_names[i], c->v[i]);
		any = true;
	}
	fputs(any ? "\n" : "  all zero\n", to);
}

static void text_socket(FILE *to, const struct genl_socket *s)
{
	const char *open = s->family == AF_INET6 ? "[" : "";
	const char *close = s->family == AF_INET6 ? "]" : "";
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];

	fprintf(to, "\n%s%s%s:%u -> %s%s%s:%u\n",
		open, address(s, s->local, local, sizeof(local)), close, s->lport,
		open, address(s, s->remote, remote, sizeof(remote)), close, s->rport);
	fprintf(to, "  socket    inode %u  netns %u", s->inode, s->netns);
	if (s->ifindex)
		fprintf(to, "  device index %u", s->ifindex);
	fprintf(to, "\n  queues    esp %u of %u bytes  ike %u of %u bytes\n",
		s->tx_queue, s->tx_limit, s->ike_queue, s->ike_limit);
	text_counters(to, &s->counters);
}

/**
 * genl_print_text - show everything for people; counters that are zero are left out
 * @to: where
 * @info: the module
 * @socks: its sockets
 * @all: whether @socks is of all network namespaces
 */
void genl_print_text(FILE *to, const struct genl_info *info, const struct genl_sockets *socks,
		     bool all)
{
	fprintf(to, "espintcp module %s\n", info->version);
	fputs("  features", to);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (info->features & features[i].bit)
			fprintf(to, "  %s", features[i].name);
	fputc('\n', to);
	text_counters(to, &info->counters);

	if (!socks->n)
		fprintf(to, "\nno sockets in %s\n",
			all ? "any network namespace" : "this network namespace");
	for (size_t i = 0; i < socks->n; i++)
		text_socket(to, &socks->s[i]);
}

static void json_string(FILE *to, const char *s)
{
	fputc('"', to);
	for (; *s; s++) {
		unsigned char c = *s;

		/* Strings of the module are ASCII; whatever is not stays valid JSON */
		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(to, "\\u%04x", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

static void json_counters(FILE *to, const struct genl_counters *c)
{
	const char *sep = "";

	fputs("\"counters\":{", to);
	for (int i = 0; i <= ESPINTCP_A_COUNTER_MAX; i++) {
		if (!counter_names[i])
			continue;
		fprintf(to, "%s\"%s\":%" PRIu64, sep, counter_names[i], c->v[i]);
		sep = ",";
	}
	fputc('}', to);
}

static void json_socket(FILE *to, const struct genl_socket *s)
{
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];

	fprintf(to, "{\"netns\":%u,\"inode\":%u,\"ifindex\":%u,", s->netns, s->inode, s->ifindex);
	fprintf(to, "\"local\":\"%s\",\"lport\":%u,",
		address(s, s->local, local, sizeof(local)), s->lport);
	fprintf(to, "\"remote\":\"%s\",\"rport\":%u,",
		address(s, s->remote, remote, sizeof(remote)), s->rport);
	fprintf(to, "\"tx_queue\":%u,\"tx_limit\":%u,\"ike_queue\":%u,\"ike_limit\":%u,",
		s->tx_queue, s->tx_limit, s->ike_queue, s->ike_limit);
	json_counters(to, &s->counters);
	fputc('}', to);
}

/**
 * genl_print_json - show everything as one JSON object on one line
 * @to: where
 * @info: the module
 * @socks: its sockets
 */
void genl_print_json(FILE *to, const struct genl_info *info, const struct genl_sockets *socks)
{
	const char *sep = "";

	fputs("{\"version\":", to);
	json_string(to, info->version);
	fputs(",\"features\":[", to);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (!(info->features & features[i].bit))
			continue;
		fprintf(to, "%s\"%s\"", sep, features[i].name);
		sep = ",";
	}
	fputs("],", to);
	json_counters(to, &info->counters);
	fputs(",\"sockets\":[", to);
	for (size_t i = 0; i < socks->n; i++) {
		if (i)
			fputc(',', to);
		json_socket(to, &socks->s[i]);
	}
	fputs("]}\n", to);
}
