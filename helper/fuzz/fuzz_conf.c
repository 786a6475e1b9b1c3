// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text as ipsec.conf(5): a configuration or one line that says why not. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct conf_conn *c)
{
	if (!c->local.host || !c->remote.host || !c->remote_port || !c->ike.n || !c->esp.n)
		abort();
	if (c->local.subnet.family && c->remote.subnet.family &&
	    c->local.subnet.family != c->remote.subnet.family)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), err[256] = "";
	const struct conf_conn *c;
	struct conf *conf;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\n';
	if (!memchr(text, '\0', size)) {	/* conf_file_read() refuses these */
		conf = conf_text(text, size + 1, err, sizeof(err));
		if (!conf && strncmp(err, "conf:", 5))
			abort();
		for (c = conf ? conf->conns : NULL; c; c = c->next)
			check(c);
		conf_free(conf);
	}
	free(text);
	return 0;
}
