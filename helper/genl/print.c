// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel module says, for people and as JSON. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "genl/genl.h"
#include "json.h"
#include "macros.h"

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
	return genl_counter_names[counter];
}

/**
 * genl_endpoint - an address and a port as people write them
 * @family: AF_INET or AF_INET6
 * @addr: the address, in network order
 * @port: in host order
 * @buf: filled in
 *
 * Return: @buf.
 */
const char *genl_endpoint(uint16_t family, const uint8_t *addr, uint16_t port,
			  char buf[GENL_ENDPOINT_LEN])
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(family, addr, text, sizeof(text));
	snprintf(buf, GENL_ENDPOINT_LEN, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
	return buf;
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
		if (!genl_counter_names[i] || !c->v[i])
			continue;
		fprintf(to, "  %s %" PRIu64, genl_counter_names[i], c->v[i]);
		any = true;
	}
	fputs(any ? "\n" : "  all zero\n", to);
}

static const char *tcp_state(uint32_t state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "established", [TCP_SYN_SENT] = "syn-sent",
		[TCP_SYN_RECV] = "syn-recv", [TCP_FIN_WAIT1] = "fin-wait-1",
		[TCP_FIN_WAIT2] = "fin-wait-2", [TCP_TIME_WAIT] = "time-wait",
		[TCP_CLOSE] = "closed", [TCP_CLOSE_WAIT] = "close-wait",
		[TCP_LAST_ACK] = "last-ack", [TCP_LISTEN] = "listen", [TCP_CLOSING] = "closing",
	};

	return state < ARRAY_SIZE(names) && names[state] ? names[state] : "unknown";
}

static const char *end_name(uint32_t end)
{
	return end <= ESPINTCP_END_MAX ? genl_end_names[end] : "unknown";
}

/* What a module that is older does not tell is left out */
static void text_more(FILE *to, const struct genl_socket *s)
{
	const struct genl_tcp *t = &s->tcp;

	if (!t->state)
		return;
	fprintf(to, "  idle      received %.1f s ago  sent %.1f s ago\n",
		s->rx_idle / 1e3, s->tx_idle / 1e3);
	fprintf(to, "  tcp       %s  rtt %.3f ms  cwnd %u  mss %u  unacked %u  retrans %u  unsent %u\n",
		tcp_state(t->state), t->rtt / 1e3, t->cwnd, t->mss, t->unacked, t->retrans,
		t->notsent);
	if (s->end)
		fprintf(to, "  end       %s%s%s\n", end_name(s->end), s->end_errno ? ": " : "",
			s->end_errno ? strerror(s->end_errno) : "");
}

static void text_socket(FILE *to, const struct genl_socket *s)
{
	char local[GENL_ENDPOINT_LEN], remote[GENL_ENDPOINT_LEN];

	fprintf(to, "\n%s -> %s\n", genl_endpoint(s->family, s->local, s->lport, local),
		genl_endpoint(s->family, s->remote, s->rport, remote));
	fprintf(to, "  socket    cookie %" PRIx64 "  inode %u  netns %u", s->cookie, s->inode,
		s->netns);
	if (s->pid)
		fprintf(to, "  pid %u", s->pid);
	if (s->ifindex)
		fprintf(to, "  device index %u", s->ifindex);
	fprintf(to, "\n  queues    esp %u of %u bytes, was %u  ike %u of %u bytes\n",
		s->tx_queue, s->tx_limit, s->tx_peak, s->ike_queue, s->ike_limit);
	text_more(to, s);
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

/**
 * genl_json_counters - all counters as a member of a JSON object
 * @to: where
 * @c: the counters
 */
void genl_json_counters(FILE *to, const struct genl_counters *c)
{
	const char *sep = "";

	fputs("\"counters\":{", to);
	for (int i = 0; i <= ESPINTCP_A_COUNTER_MAX; i++) {
		if (!genl_counter_names[i])
			continue;
		fprintf(to, "%s\"%s\":%" PRIu64, sep, genl_counter_names[i], c->v[i]);
		sep = ",";
	}
	fputc('}', to);
}

static void json_tcp(FILE *to, const struct genl_tcp *t)
{
	fprintf(to, "\"tcp\":{\"state\":\"%s\",\"rtt\":%u,\"rttvar\":%u,\"cwnd\":%u,",
		tcp_state(t->state), t->rtt, t->rttvar, t->cwnd);
	fprintf(to, "\"mss\":%u,\"unacked\":%u,\"retrans\":%u,\"notsent\":%u},",
		t->mss, t->unacked, t->retrans, t->notsent);
}

static void json_socket(FILE *to, const struct genl_socket *s)
{
	char local[INET6_ADDRSTRLEN], remote[INET6_ADDRSTRLEN];

	fprintf(to, "{\"cookie\":\"%" PRIx64 "\",\"pid\":%u,", s->cookie, s->pid);
	fprintf(to, "\"netns\":%u,\"inode\":%u,\"ifindex\":%u,", s->netns, s->inode, s->ifindex);
	fprintf(to, "\"local\":\"%s\",\"lport\":%u,",
		address(s, s->local, local, sizeof(local)), s->lport);
	fprintf(to, "\"remote\":\"%s\",\"rport\":%u,",
		address(s, s->remote, remote, sizeof(remote)), s->rport);
	fprintf(to, "\"rx_idle\":%" PRIu64 ",\"tx_idle\":%" PRIu64 ",\"tx_peak\":%u,",
		s->rx_idle, s->tx_idle, s->tx_peak);
	fprintf(to, "\"end\":\"%s\",\"errno\":%u,", end_name(s->end), s->end_errno);
	json_tcp(to, &s->tcp);
	fprintf(to, "\"tx_queue\":%u,\"tx_limit\":%u,\"ike_queue\":%u,\"ike_limit\":%u,",
		s->tx_queue, s->tx_limit, s->ike_queue, s->ike_limit);
	genl_json_counters(to, &s->counters);
	fputc('}', to);
}

/**
 * genl_print_json - show everything as members of a JSON object
 * @to: where
 * @info: the module
 * @socks: its sockets
 */
void genl_print_json(FILE *to, const struct genl_info *info, const struct genl_sockets *socks)
{
	const char *sep = "";

	fputs("\"version\":", to);
	json_string(to, info->version);
	fputs(",\"features\":[", to);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (!(info->features & features[i].bit))
			continue;
		fprintf(to, "%s\"%s\"", sep, features[i].name);
		sep = ",";
	}
	fputs("],", to);
	genl_json_counters(to, &info->counters);
	fputs(",\"sockets\":[", to);
	for (size_t i = 0; i < socks->n; i++) {
		if (i)
			fputc(',', to);
		json_socket(to, &socks->s[i]);
	}
	fputc(']', to);
}
