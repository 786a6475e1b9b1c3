/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Framing of IKE and ESP in a TCP stream (RFC 9329, section 3): what the first
 * bytes of a message say. Pure code over bytes that the module, the helper and
 * their tests share.
 */

#ifndef _UAPI_LINUX_ESPINTCP_FRAME_H
#define _UAPI_LINUX_ESPINTCP_FRAME_H

#include <linux/types.h>

/* Stream prefix of the TCP originator (RFC 9329, section 4) */
#define ESPINTCP_PREFIX			"IKETCP"
#define ESPINTCP_PREFIX_LEN		6

/* The length field counts itself */
#define ESPINTCP_LEN_SIZE		2
/* Non-ESP marker in front of an IKE message, or the SPI of an ESP packet */
#define ESPINTCP_MARKER_SIZE		4
/* Bytes that decide what a message is */
#define ESPINTCP_HEAD_SIZE		(ESPINTCP_LEN_SIZE + ESPINTCP_MARKER_SIZE)
#define ESPINTCP_MAX_MSG		65535
#define ESPINTCP_MAX_BODY		(ESPINTCP_MAX_MSG - ESPINTCP_LEN_SIZE)
/* NAT keepalive, as in RFC 3948, section 2.3 */
#define ESPINTCP_KEEPALIVE		0xff

enum espintcp_frame_kind {
	ESPINTCP_FRAME_MORE,		/* more bytes are needed to decide */
	ESPINTCP_FRAME_BAD_LENGTH,	/* the stream must be closed */
	ESPINTCP_FRAME_SHORT,		/* to be skipped */
	ESPINTCP_FRAME_KEEPALIVE,	/* to be skipped */
	ESPINTCP_FRAME_IKE,
	ESPINTCP_FRAME_ESP,
};

/**
 * espintcp_frame_classify - tell what the message at @head is
 * @head: first bytes of the message, its length field included
 * @avail: number of valid bytes at @head
 * @body: set to the bytes that follow the length field, unless the answer is
 *	ESPINTCP_FRAME_MORE or ESPINTCP_FRAME_BAD_LENGTH
 *
 * A message that is too short for a marker is decided as soon as all of it is
 * there, any other one as soon as ESPINTCP_HEAD_SIZE bytes are.
 *
 * Context: Any.
 * Return: one of &enum espintcp_frame_kind (RFC 9329, sections 3.1 and 3.2).
 */
static inline enum espintcp_frame_kind
espintcp_frame_classify(const __u8 *head, unsigned int avail, __u16 *body)
{
	unsigned int len;

	if (avail < ESPINTCP_LEN_SIZE)
		return ESPINTCP_FRAME_MORE;

	len = (unsigned int)head[0] << 8 | head[1];
	if (len < ESPINTCP_LEN_SIZE)
		return ESPINTCP_FRAME_BAD_LENGTH;

	if (avail < len && avail < ESPINTCP_HEAD_SIZE)
		return ESPINTCP_FRAME_MORE;

	*body = len - ESPINTCP_LEN_SIZE;
	if (*body == 1 && head[2] == ESPINTCP_KEEPALIVE)
		return ESPINTCP_FRAME_KEEPALIVE;
	if (*body <= ESPINTCP_MARKER_SIZE)
		return ESPINTCP_FRAME_SHORT;
	if (!head[2] && !head[3] && !head[4] && !head[5])
		return ESPINTCP_FRAME_IKE;
	return ESPINTCP_FRAME_ESP;
}

#endif /* _UAPI_LINUX_ESPINTCP_FRAME_H */
