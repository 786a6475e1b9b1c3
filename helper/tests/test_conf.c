// SPDX-License-Identifier: GPL-2.0-or-later
/* ipsec.conf(5): what a good file becomes, and what a bad one is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "macros.h"
#include "tests/conf_files.h"

/* The least that is a connection; further keys go behind it */
#define WHOLE "conn a\n left=192.0.2.1\n right=192.0.2.2\n authby=secret\n enable-tcp=yes\n"
#define ENDS "conn a\n left=192.0.2.1\n right=192.0.2.2\n"

static struct conf *load(const char *text)
{
	char err[512] = "";
	struct conf *conf = conf_text(text, strlen(text), err, sizeof(err));

	if (!conf)
		fail_msg("%s", err);
	return conf;
}

/* Refused at this line, in words that contain with */
static void refused(const char *text, int line, const char *with)
{
	char err[512] = "", where[32];

	assert_null(conf_text(text, strlen(text), err, sizeof(err)));
	snprintf(where, sizeof(where), "conf:%d: ", line);
	if (strncmp(err, where, strlen(where)) || !strstr(err, with))
		fail_msg("'%s' is not '%s...%s...'", err, where, with);
	assert_null(strchr(err, '\n'));
}

static void is_subnet(const struct conf_subnet *s, sa_family_t family, const char *addr,
		      unsigned int prefix)
{
	assert_int_equal(s->family, family);
	assert_int_equal(s->prefix, prefix);
	assert_memory_equal(s->addr, addr, family == AF_INET ? 4 : 16);
}

static void defaults(void **state)
{
	struct conf *conf = load(WHOLE);
	const struct conf_conn *c = conf_find(conf, "a");

	(void)state;
	assert_non_null(c);
	assert_null(conf_find(conf, "b"));
	assert_null(conf->listen_tcp);
	assert_true(conf->listen_udp);
	assert_string_equal(c->name, "a");
	assert_string_equal(c->file, "conf");
	assert_int_equal(c->line, 1);
	assert_string_equal(c->local.host, "192.0.2.1");
	assert_string_equal(c->remote.host, "192.0.2.2");
	assert_string_equal(c->local.id.text, "192.0.2.1");
	assert_int_equal(c->remote.id.type, CONF_ID_IPV4);
	assert_int_equal(c->local.subnet.family, 0);
	assert_int_equal(c->local.sourceip.family, 0);
	assert_int_equal(c->remote_port, 4500);
	assert_int_equal(c->mode, CONF_MODE_TUNNEL);
	assert_int_equal(c->start, CONF_AUTO_IGNORE);
	assert_true(c->ike.n > 0 && c->esp.n > 0);
	conf_free(conf);
}

static void every_key(void **state)
{
	struct conf *conf = load("version 2.0\n"
		"config setup\n"
		"\tlisten-tcp=yes\n\tlisten-udp=no\n\tprotostack=netkey\n\tuniqueids=yes\n"
		"\tvirtual-private=%v4:10.0.0.0/8\n\tplutodebug=none\n"
		"\n"
		"conn a.b-c_d\n"
		"\tLEFT=%defaultroute\n\tright = vpn.example\n"
		"\tleftid=me@vpn.example\n\trightid = \"@vpn.example\"\n"
		"\tleftsubnet=10.1.2.3/16\n\trightsubnet={ 10.2.0.0/255.255.0.0 }\n"
		"\tleftsourceip=10.1.0.1\n\tleftauth=secret\n\trightauth=secret\n"
		"\tike=aes_gcm256-sha2_256;dh19\n\tphase2alg=aes_gcm256\n\tikev2=insist\n"
		"\ttype=tunnel\n\tauto=route\n\tkeyexchange=ikev2\n\tenable-tcp=yes\n"
		"\ttcp-remoteport=443\n\tleftnexthop=%direct\n\tleftupdown=\n\tphase2=esp\n"
		"\tikelifetime=2h\n\tsalifetime=90m\n\trekeymargin=45\n\trekeyfuzz=50%\n"
		"\tipsec-max-bytes=4GiB\n\tipsec-max-packets=5Ki\n"
		"\trekey=no\n\treauth=yes\n\tkeyingtries=1\n\tpfs=no\n\tintermediate=yes\n\tmobike=no\n\tcompress=no\n"
		"\tfragmentation=yes\n\tencapsulation=yes\n\tx-mine=\"any thing\" # comment\n");
	const struct conf_conn *c = conf_find(conf, "a.b-c_d");

	(void)state;
	assert_non_null(c);
	assert_string_equal(conf->listen_tcp, "4500");
	assert_false(conf->listen_udp);
	assert_string_equal(c->local.host, "%defaultroute");
	assert_string_equal(c->remote.host, "vpn.example");
	assert_int_equal(c->local.id.type, CONF_ID_EMAIL);
	assert_string_equal(c->remote.id.text, "@vpn.example");
	is_subnet(&c->local.subnet, AF_INET, "\12\1\0\0", 16);
	is_subnet(&c->remote.subnet, AF_INET, "\12\2\0\0", 16);
	is_subnet(&c->local.sourceip, AF_INET, "\12\1\0\1", 32);
	assert_int_equal(c->remote_port, 443);
	assert_int_equal(c->start, CONF_AUTO_ONDEMAND);
	assert_int_equal(c->line, 10);
	assert_false(c->rekey);
	assert_true(c->reauth);
	assert_false(c->pfs);
	assert_false(c->mobike);
	assert_int_equal(c->ike_life_s, 7200);
	assert_int_equal(c->sa_life_s, 5400);
	assert_int_equal(c->sa_max_bytes, 4ULL << 30);
	assert_int_equal(c->sa_max_packets, 5120);
	assert_int_equal(c->rekey_margin_s, 45);
	assert_int_equal(c->rekey_fuzz, 50);
	conf_free(conf);
}

/* Whichever of the two keys comes first */
static void sequence_numbers(void **state)
{
	static const struct {
		const char *text;
		size_t yes, no;
	} all[] = {
		{ " esp=aes_gcm256\n", 1, 1 },
		{ " esp=aes_gcm256\n esn=either\n", 1, 1 },
		{ " esp=aes_gcm256,aes_gcm128\n esn=yes\n", 2, 0 },
		{ " esn=no\n esp=aes_gcm256,aes_gcm128\n", 0, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		char text[256];
		struct conf *conf;
		size_t yes = 0;

		snprintf(text, sizeof(text), WHOLE "%s", all[i].text);
		conf = load(text);
		for (size_t n = 0; n < conf->conns->esp.n; n++)
			yes += conf->conns->esp.s[n].esn == IKE_ESN_YES;
		assert_int_equal(yes, all[i].yes);
		assert_int_equal(conf->conns->esp.n - yes, all[i].no);
		conf_free(conf);
	}
}

static void several_subnets(void **state)
{
	struct conf *conf = load("conn a\n left=192.0.2.1\n right=192.0.2.2\n authby=secret\n"
				 " enable-tcp=yes\n leftsubnets={10.0.0.0/24, 10.0.1.0/24 10.9.0.0/16}\n"
				 " rightsubnets=10.2.0.0/16\n leftprotoport=tcp/443\n"
				 " rightprotoport=6/%any\n ipsec-interface=7\n mark=0x10/0xff\n"
				 " mark-out=5\n");
	const struct conf_conn *c = conf_find(conf, "a");

	(void)state;
	assert_true(c->mobike);
	is_subnet(&c->local.subnet, AF_INET, "\12\0\0\0", 24);
	assert_int_equal(c->local.n_more, 2);
	is_subnet(&c->local.more[0], AF_INET, "\12\0\1\0", 24);
	is_subnet(&c->local.more[1], AF_INET, "\12\11\0\0", 16);
	is_subnet(&c->remote.subnet, AF_INET, "\12\2\0\0", 16);
	assert_int_equal(c->remote.n_more, 0);
	assert_int_equal(c->local.proto, 6);
	assert_int_equal(c->local.port, 443);
	assert_int_equal(c->remote.proto, 6);
	assert_int_equal(c->remote.port, 0);
	assert_int_equal(c->if_id, 7);
	assert_int_equal(c->mark_in.value, 0x10);
	assert_int_equal(c->mark_in.mask, 0xff);
	assert_int_equal(c->mark_out.value, 5);
	assert_int_equal(c->mark_out.mask, UINT32_MAX);
	conf_free(conf);
}

static void ipv6(void **state)
{
	struct conf *conf = load("conn a\n left=2001:db8::1\n right=%any\n authby=secret\n"
				 " enable-tcp=yes\n rightid=%any\n leftsubnet=::/0\n"
				 " rightsubnet=2001:db8:1::/48\n");
	const struct conf_conn *c = conf_find(conf, "a");

	(void)state;
	assert_true(c->remote.any);
	assert_true(c->rekey && c->pfs && !c->reauth);
	assert_int_equal(c->ike_life_s, 8 * 3600);
	assert_int_equal(c->sa_life_s, 8 * 3600);
	assert_int_equal(c->sa_max_bytes, 0);
	assert_int_equal(c->sa_max_packets, 0);
	assert_int_equal(c->rekey_margin_s, 540);
	assert_int_equal(c->rekey_fuzz, 100);
	assert_int_equal(c->remote.id.type, CONF_ID_NONE);
	assert_int_equal(c->local.id.type, CONF_ID_IPV6);
	is_subnet(&c->local.subnet, AF_INET6, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 0);
	is_subnet(&c->remote.subnet, AF_INET6, " \1\r\xb8\0\1\0\0\0\0\0\0\0\0\0\0", 48);
	conf_free(conf);
}

/* leftsourceip alone is a subnet of one address, as in libreswan */
static void sourceip_alone(void **state)
{
	struct conf *conf = load(WHOLE " leftsourceip=10.9.0.1\n rightsubnet=0/0\n");

	(void)state;
	is_subnet(&conf->conns->local.subnet, AF_INET, "\12\11\0\1", 32);
	is_subnet(&conf->conns->remote.subnet, AF_INET, "\0\0\0", 0);
	conf_free(conf);
}

static void also_good(void **state)
{
	struct conf *conf = load("conn %default\n authby=secret\n tcp-remoteport=1\n auto=add\n"
		"conn part\n left=192.0.2.9\n leftid=@part\n also=deeper\n"
		"conn a\n also=part\n left=192.0.2.1\n right=192.0.2.2\n tcp-remoteport=3\n auto=\n"
		"conn deeper\n enable-tcp=yes\n leftid=@deeper\n tcp-remoteport=2\n"
		"conn b\n right=192.0.2.3\n also=part\n also=other\n"
		"conn other\n rightid=@other\n"
		"conn %default\n type=transport\n");
	const struct conf_conn *a = conf_find(conf, "a"), *b = conf_find(conf, "b");

	(void)state;
	/* Parts without both ends are no connections */
	assert_null(conf_find(conf, "part"));
	assert_null(conf_find(conf, "deeper"));
	assert_string_equal(a->local.host, "192.0.2.1");
	assert_string_equal(a->local.id.text, "@part");
	assert_int_equal(a->remote_port, 3);
	assert_int_equal(a->start, CONF_AUTO_IGNORE);
	assert_int_equal(b->remote_port, 2);
	assert_int_equal(b->mode, CONF_MODE_TRANSPORT);
	assert_int_equal(b->start, CONF_AUTO_ADD);
	assert_string_equal(b->remote.id.text, "@other");
	conf_free(conf);
}

static void also_refused(void **state)
{
	(void)state;
	refused(WHOLE " also=a\n", 6, "comes back");
	refused(WHOLE " also=b\nconn b\n also=c\nconn c\n also=a\n", 10, "comes back");
	refused(WHOLE " also=b\n also=b\nconn b\n auto=add\n", 7, "comes back");
	refused(WHOLE " also=nowhere\n", 6, "no such conn");
	refused(WHOLE " also=b\n also=c\nconn b\n auto=add\nconn c\n auto=start\n", 7,
		"another also=");
	refused("config setup\n also=a\n" WHOLE, 2, "no place in 'config setup'");
	refused("conn %default\n also=a\n" WHOLE, 2, "no place in 'conn %default'");
	refused("conn %default\n auto=add\nconn %default\n auto=add\n" WHOLE, 4, "already set");
	refused(WHOLE " also=%default\n", 6, "no such conn");
	/* A typo in a part is found, too */
	refused(WHOLE " also=b\nconn b\n autp=add\n", 8, "nearest one is auto=");
}

static void also_deep(void **state)
{
	char text[4096] = WHOLE " also=p0\n";
	size_t n = strlen(text);

	(void)state;
	for (int i = 0; i < 12; i++)
		n += snprintf(text + n, sizeof(text) - n, "conn p%d\n also=p%d\n", i, i + 1);
	n += snprintf(text + n, sizeof(text) - n, "conn p12\n auto=add\n");
	refused(text, 26, "nested more than 10 deep");
}

static void syntax(void **state)
{
	(void)state;
	refused("left=192.0.2.1\n", 1, "begins no section");
	refused("con a\n", 1, "begins no section");
	refused("conn\n", 1, "begins no section");
	refused("config all\n", 1, "no section 'config all'");
	refused("conn 1a\n", 1, "no name");
	refused("conn a/b\n", 1, "no name");
	refused("conn a b\n", 1, "unexpected a word");
	refused(" left=192.0.2.1\n", 1, "belongs to no section");
	refused(ENDS " authby\n", 4, "expecting");
	refused(ENDS " authby secret\n", 4, "lacks its '='");
	refused(ENDS " authby=secret now\n", 4, "one word too many");
	refused(ENDS " =secret\n", 4, "unexpected");
	refused(ENDS " leftid=\"@open\n", 4, "open quote");
	refused(ENDS " leftsubnet={10.0.0.0/8\n", 4, "open quote");
	refused(ENDS " leftid=a\"b\"\n", 4, "one word too many");
	refused(ENDS "\n\n# comment\n right=192.0.2.3\n", 7, "already set in line 3");
	refused(ENDS " esp=aes\n phase2alg=aes\n", 5, "already set in line 4");
	refused(WHOLE WHOLE, 6, "second time; the first is at conf:1");
	refused("config setup\nconfig setup\n", 2, "second time");
	refused("include x\n", 1, "nested more than");
}

/* What may look odd and is right: a '#' begins a comment behind a blank only */
static void syntax_good(void **state)
{
	struct conf *conf = load("\n \t\n# c\n  # c\nconn a # c\n\t# c\n left=192.0.2.1 # c\n"
				 "\r\n right=192.0.2.2\r\n\tauthby =\tsecret \t\n#c\n"
				 " enable-tcp= \"yes\" #c\n leftid=@#00 # c\n rightid=@x#y\n"
				 " x-open={ in braces }\n");

	(void)state;
	assert_string_equal(conf->conns->local.id.text, "@#00");
	assert_string_equal(conf->conns->remote.id.text, "@x#y");
	conf_free(conf);
}

static void keys(void **state)
{
	(void)state;
	refused(WHOLE " rigthid=@x\n", 6, "nearest one is rightid=");
	refused(WHOLE " tcp-remote-port=443\n", 6, "nearest one is tcp-remoteport=");
	refused(WHOLE " enabletcp=yes\n", 6, "nearest one is enable-tcp=");
	refused("config setup\n listen_tcp=yes\n", 2, "nearest one is listen-tcp=");
	refused(WHOLE " listen-tcp=yes\n", 6, "belongs to a 'config setup' section");
	refused("config setup\n left=192.0.2.1\n", 2, "belongs to a 'conn' section");
	refused(WHOLE " tfc=yes\n", 6, "not supported by this version");
	refused(WHOLE " rigthid=\n", 6, "nearest one is rightid=");
}

static void values(void **state)
{
	(void)state;
	refused("config setup\n listen-tcp=maybe\n", 2, "write yes, no");
	refused("conn a\n left=%eth0\n", 2, "not supported");
	refused("conn a\n left=192.0.2.256\n", 2, "neither an address");
	refused("conn a\n left=a/b\n", 2, "neither an address");
	refused(WHOLE " leftid=%fromcert\n", 1, "needs authby=rsasig");
	refused(WHOLE " leftid=\"C=x, CN=*\"\n", 6, "without wildcards");
	refused(WHOLE " leftid=vpn.example\n", 6, "write @vpn.example");
	refused(WHOLE " leftid=@#zz\n", 6, "not an identity");
	refused(WHOLE " leftsubnet=10.0.0.0\n", 6, "not a subnet");
	refused(WHOLE " leftsubnet=10.0.0.0/33\n", 6, "not a subnet");
	refused(WHOLE " leftsubnet=10.0.0.0/255.0.255.0\n", 6, "not a subnet");
	refused(WHOLE " leftsubnet=2001:db8::/129\n", 6, "not a subnet");
	refused(WHOLE " leftsubnet=10.0.0.0/-1\n", 6, "not a subnet");
	refused(WHOLE " leftsubnet=10.0.0.0/\n", 6, "not a subnet");
	refused(WHOLE " leftsubnet=\"10.0.0.0/8 11.0.0.0/8\"\n", 6, "are for leftsubnets=");
	refused(WHOLE " leftsubnets={10.0.0.0/8 x}\n", 6, "'x' is not a subnet");
	refused(WHOLE " leftsubnets={ , }\n", 6, "no subnet is in it");
	refused(WHOLE " leftsubnets=1/8,2/8,3/8,4/8,5/8,6/8,7/8,8/8,9/8\n", 6, "not a subnet");
	refused(WHOLE " leftsubnets={0/1 0/2 0/3 0/4 0/5 0/6 0/7 0/8 0/9}\n", 6,
		"more than 8 subnets");
	refused(WHOLE " leftsubnets={10.0.0.0/8 fd00::/8}\n", 1, "different address families");
	refused(WHOLE " ipsec-interface=65536\n", 6, "a number up to 65535");
	refused(WHOLE " ipsec-interface=maybe\n", 6, "a number up to 65535");
	refused(WHOLE " mark=0x100/0xff\n", 6, "not a mark");
	refused(WHOLE " mark=-1\n", 6, "not a mark");
	refused(WHOLE " mark-in=1/\n", 6, "not a mark");
	refused(WHOLE " mark-out=1/0xfffffffff\n", 6, "not a mark");
	refused(WHOLE " leftprotoport=256\n", 6, "not a protocol");
	refused(WHOLE " leftprotoport=tcp/65536\n", 6, "not a port");
	refused(WHOLE " leftprotoport=tcp/443\n", 1, "the same protocol");
	refused(WHOLE " leftsubnet=10.0.0.0/8,11.0.0.0/8\n", 6, "several");
	refused(WHOLE " leftsubnet=vhost:%priv\n", 6, "virtual");
	refused(WHOLE " leftsourceip=%config\n", 6, "leftmodecfgclient=yes");
	refused(WHOLE " leftsourceip=x\n", 6, "not an address");
	refused(WHOLE " tcp-remoteport=0\n", 6, "1 to 65535");
	refused(WHOLE " tcp-remoteport=65536\n", 6, "1 to 65535");
	refused(WHOLE " tcp-remoteport=+1\n", 6, "1 to 65535");
	refused(WHOLE " tcp-remoteport=1x\n", 6, "1 to 65535");
	refused(WHOLE " type=drop\n", 6, "tunnel and transport");
	refused(WHOLE " auto=keep\n", 6, "ignore, add");
	refused(WHOLE " ikev2=no\n", 6, "as if it were yes");
	refused(WHOLE " rekey=maybe\n", 6, "yes or no");
	refused(WHOLE " esn=maybe\n", 6, "yes, no or either");
	refused(WHOLE " reauth=maybe\n", 6, "yes or no");
	refused(WHOLE " salifetime=25h\n", 6, "from 1s to 24h");
	refused(WHOLE " ikelifetime=0\n", 6, "from 1s to 24h");
	refused(WHOLE " ikelifetime=1w\n", 6, "from 1s to 24h");
	refused(WHOLE " keylife=-1\n", 6, "from 1s to 24h");
	refused(WHOLE " rekeymargin=99999999999s\n", 6, "from 1s to 24h");
	refused(WHOLE " ipsec-max-bytes=4GB2\n", 6, "number of bytes");
	refused(WHOLE " ipsec-max-bytes=-1\n", 6, "number of bytes");
	refused(WHOLE " ipsec-max-bytes=8193Pi\n", 6, "number of bytes");
	refused(WHOLE " ipsec-max-packets=0\n", 6, "number of packets");
	refused(WHOLE " ipsec-max-packets=4KiB\n", 6, "number of packets");
	refused(WHOLE " ipsec-max-packets=18446744073709551616\n", 6, "number of packets");
	refused(WHOLE " rekeyfuzz=1001%\n", 6, "percentage");
	refused(WHOLE " rekeyfuzz=10%%\n", 6, "percentage");
	refused(WHOLE " keyexchange=ikev1\n", 6, "as if it were ikev2");
	refused(WHOLE " ike=rot13\n", 6, "ike=rot13: encryption");
	refused(WHOLE " esp=rot13\n", 6, "esp=rot13: encryption");
	refused(ENDS " enable-tcp=maybe\n", 4, "yes, no or fallback is expected");
	refused(ENDS " encapsulation=no\n", 4, "yes or auto is expected");
	refused(ENDS " dpddelay=10x\n", 4, "not a span of time");
	refused("config setup\n listen-tcp=\"443 nonsense:x\"\n", 2, "[ADDRESS:]PORT");
	refused(ENDS " authby=null\n", 4, "anybody");
	refused(ENDS " authby=never\n", 4, "without IKE");
	refused(ENDS " authby=rsa-md5\n", 4, "'rsa-md5' is not supported");
	refused(ENDS " authby=secret,rsasig\n enable-tcp=yes\n", 1, "not both");
	refused(ENDS " leftauth=rsa-md5\n", 4, "'rsa-md5' is not supported");
	refused(ENDS " authby=\",\"\n", 4, "a method is missing");
	refused(ENDS " leftcert=../x\n", 4, "not the name of a file");
	refused(ENDS " leftcert=a/b\n", 4, "not the name of a file");
	refused(ENDS " leftca=%same\n", 4, "the name of the CA");
	refused(ENDS " leftca=@x\n", 4, "not the name of a CA");
	refused(ENDS " leftsendcert=perhaps\n", 4, "always, sendifasked");
	refused(ENDS " leftrsasigkey=%dnsondemand\n", 4, "from DNS");
	refused(ENDS " leftrsasigkey=0sA\n", 4, "not a public key");
	refused(ENDS " leftecdsakey=0xzz\n", 4, "not a public key");
	refused(ENDS " leftrsasigkey=0sAAAA\n leftpubkey=0sAAAA\n", 5, "a second raw");
	refused(ENDS " require-id-on-certificate=no\n", 4, "as if it were yes");
	refused("config setup\n ipsecdir=x\n", 2, "the whole path");
	refused("config setup\n crl-strict=x\n", 2, "yes or no");
}

static void authentication(void **state)
{
	struct conf *conf = load("config setup\n ipsecdir=/etc/keys\n crl-strict=yes\n"
				 "conn a\n left=192.0.2.1\n right=192.0.2.2\n leftcert=west\n"
				 " enable-tcp=yes\n leftrsasigkey=%cert\n leftid=%fromcert\n"
				 " rightid=%any\n rightca=\"C=DE, CN=ca\"\n rightsendcert=never\n"
				 "conn b\n left=192.0.2.1\n right=192.0.2.2\n enable-tcp=yes\n"
				 " authby=rsa-sha2_512,ecdsa\n leftecdsakey=0x0102\n"
				 " rightpubkey=AQID\n"
				 "conn c\n left=192.0.2.1\n right=192.0.2.2\n enable-tcp=yes\n"
				 " leftauth=rsa-sha1\n rightauth=secret\n leftcert=/x/y\n");
	struct conf_conn *a = conf->conns, *b = a->next, *c = b->next;

	(void)state;
	assert_string_equal(conf->ipsecdir, "/etc/keys");
	assert_true(conf->crl_strict);
	assert_int_equal(a->local.auth, CONF_AUTH_SIGNATURE);
	assert_string_equal(a->local.cert, "west");
	assert_true(a->local.id_fromcert && a->local.id_any && !a->local.pubkey);
	assert_true(a->remote.id_any && !a->remote.id_fromcert);
	assert_string_equal(a->remote.ca->text, "C=DE, CN=ca");
	assert_int_equal(a->remote.sendcert, CONF_SENDCERT_NEVER);
	assert_int_equal(b->local.auth, CONF_AUTH_RSA_SHA2_512 | CONF_AUTH_ECDSA);
	assert_int_equal(b->local.pubkey_form, CONF_PUBKEY_ECDSA);
	assert_int_equal(b->local.pubkey_len, 2);
	assert_int_equal(b->remote.pubkey_form, CONF_PUBKEY_SPKI);
	assert_memory_equal(b->remote.pubkey, "\1\2\3", 3);
	assert_int_equal(c->local.auth, CONF_AUTH_RSA_SHA1);
	assert_int_equal(c->remote.auth, CONF_AUTH_SECRET);
	assert_true(conf_uses(conf, CONF_AUTH_SECRET) && conf_uses(conf, CONF_AUTH_EDDSA));
	conf_free(conf);
}

static void whole(void **state)
{
	(void)state;
	refused("conn a\n right=192.0.2.2\n", 1, "conn a: left= is missing");
	refused("conn a\n left=192.0.2.2\n", 1, "conn a: right= is missing");
	refused("conn a\n left=192.0.2.1\n right=\n", 1, "right= is missing");
	refused("conn a\n left=%any\n right=%any\n", 1, "both %any");
	refused("conn a\n left=%defaultroute\n right=%defaultroute\n", 1, "both %defaultroute");
	refused("conn a\n left=Host\n right=host\n", 1, "the same host");
	refused("conn a\n left=192.0.2.1\n right=2001:db8::1\n", 1, "address families");
	refused(ENDS " authby=secret\n dpddelay=30\n dpdtimeout=31\n", 1, "two seconds at least");
	refused(ENDS " enable-tcp=yes\n", 1, "add leftcert=, or authby=secret");
	refused(ENDS " enable-tcp=yes\n leftauth=secret\n", 1, "come together");
	refused(WHOLE " leftauth=secret\n rightauth=rsasig\n", 1, "exclude each other");
	refused(ENDS " enable-tcp=yes\n leftauth=secret\n rightauth=rsasig\n leftcert=x\n", 1,
		"not secret");
	refused(ENDS " enable-tcp=yes\n authby=ecdsa\n leftcert=x\n leftpubkey=0sAAAA\n", 1,
		"remove one");
	refused(ENDS " enable-tcp=yes\n leftid=%fromcert\n leftpubkey=0sAAAA\n", 1,
		"left has no certificate");
	refused(WHOLE " leftid=@x\n rightid=@X\n", 1, "the same");
	refused(WHOLE " leftsubnet=10.0.0.0/8\n leftsourceip=11.0.0.1\n", 1,
		"leftsourceip= is not in leftsubnet=");
	refused(WHOLE " leftsubnet=10.0.0.0/8\n rightsubnet=2001:db8::/32\n", 1,
		"different address families");
	refused(WHOLE " leftsubnet=2001:db8::/32\n", 1, "different address families");
	refused(WHOLE " type=transport\n rightsubnet=10.0.0.0/8\n", 1, "remove rightsubnet=");
	refused(WHOLE " type=transport\n leftsourceip=10.0.0.1\n", 1, "remove leftsourceip=");
}

static void bounds(void **state)
{
	char name[70], text[200 * 12 + 64] = "conn a\n";
	size_t n = strlen(text);

	(void)state;
	for (int i = 0; i < 129; i++)
		n += snprintf(text + n, sizeof(text) - n, " x-%d=1\n", i);
	refused(text, 130, "more than 128 keys");

	memset(name, 'a', sizeof(name));
	name[65] = '\0';
	snprintf(text, sizeof(text), "conn %s\n", name);
	refused(text, 1, "no name");
	snprintf(text, sizeof(text), "conn a\n %s=1\n", name);
	refused(text, 2, "that long");
}

static void load_refused(const char *path, const char *with)
{
	char err[512] = "";

	assert_null(conf_load(path, err, sizeof(err)));
	if (!strstr(err, with))
		fail_msg("'%s' lacks '%s'", err, with);
}

static void includes(void **state)
{
	const char *path = conf_file("main", WHOLE "include sub/*.conf\ninclude none*\n", 0644);
	struct conf *conf;
	char err[512];

	(void)state;
	conf_file("sub/2.conf", "include ../more\n", 0644);
	conf_file("sub/1.conf", "conn c\n also=a\n right=192.0.2.3\n", 0644);
	conf_file("more", "conn d\n also=a\n right=192.0.2.4\n", 0644);
	conf = conf_load(path, err, sizeof(err));
	assert_non_null(conf);
	assert_non_null(conf_find(conf, "a"));
	assert_string_equal(conf_find(conf, "c")->remote.host, "192.0.2.3");
	assert_string_equal(strrchr(conf_find(conf, "d")->file, '/'), "/more");
	conf_free(conf);
}

static void includes_refused(void **state)
{
	char expect[160];
	const char *path;

	(void)state;
	load_refused(conf_path("absent"), "absent: cannot open");
	load_refused(conf_path("sub"), "not a regular file");
	load_refused(conf_file("loop", "include loop\n", 0644), "loop:1: includes are nested");
	load_refused(conf_file("glob", "include glob*\n", 0644), "include itself");
	load_refused(conf_file("lacks", "\ninclude absent\n", 0644), "lacks:2: include");
	load_refused(conf_file("after", "conn a\ninclude sub/*\n left=192.0.2.1\n", 0644),
		     "after:3: left= belongs to no section");

	path = conf_file("sub/bad", "conn a\n lefft=x\n", 0644);
	snprintf(expect, sizeof(expect), "%s:2: lefft=", path);
	load_refused(conf_file("main", "include sub/bad\n", 0644), expect);
}

static void not_text(void **state)
{
	const char *path = conf_path("binary");
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	assert_int_equal(fwrite("conn\0a\n", 1, 7, f), 7);
	assert_int_equal(fclose(f), 0);
	load_refused(path, "zero byte");

	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fseek(f, 1 << 20, SEEK_SET), 0);
	assert_int_equal(fputc('\n', f), '\n');
	assert_int_equal(fclose(f), 0);
	load_refused(path, "larger than");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_key),
		cmocka_unit_test(sequence_numbers),
		cmocka_unit_test(several_subnets),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(sourceip_alone),
		cmocka_unit_test(also_good),
		cmocka_unit_test(also_refused),
		cmocka_unit_test(also_deep),
		cmocka_unit_test(syntax),
		cmocka_unit_test(syntax_good),
		cmocka_unit_test(keys),
		cmocka_unit_test(values),
		cmocka_unit_test(authentication),
		cmocka_unit_test(whole),
		cmocka_unit_test(bounds),
		cmocka_unit_test_setup_teardown(includes, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(includes_refused, conf_files_begin, conf_files_end),
		cmocka_unit_test_setup_teardown(not_text, conf_files_begin, conf_files_end),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
