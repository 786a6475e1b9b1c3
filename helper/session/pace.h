/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ESPINTCP_SESSION_PACE_H
#define ESPINTCP_SESSION_PACE_H

/**
 * pace_delay - how long to wait before a request goes out once more (RFC 7296, section 2.1)
 * @tries: how often it was sent
 *
 * Return: milliseconds; each is twice the one before, up to 8 s.
 */
unsigned int pace_delay(unsigned int tries);

#endif
