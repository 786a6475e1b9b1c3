-- SPDX-License-Identifier: GPL-2.0-or-later
-- ESP and IKE in TCP (RFC 9329) for Wireshark and tshark: stream prefix, length, non-ESP marker, keepalives; what is
-- inside goes to the isakmp and esp dissectors.
--   tshark -X lua_script:espintcp.lua -r FILE -Y 'espintcp.kind == "ike"'
-- Other ports than 4500: -o espintcp.ports:4500,443 or "Decode As".

local PREFIX = "IKETCP"
local LEN_SIZE, MARKER_SIZE = 2, 4

local proto = Proto("espintcp", "ESP and IKE in TCP (RFC 9329)")
local f_prefix = ProtoField.string("espintcp.prefix", "Stream prefix")
local f_length = ProtoField.uint16("espintcp.length", "Length", base.DEC, nil, nil, "Counts itself")
local f_kind = ProtoField.string("espintcp.kind", "Kind", base.ASCII,
	"prefix, ike, esp, keepalive, short (skipped by the receiver) or bad (the receiver closes)")
local f_marker = ProtoField.uint32("espintcp.marker", "Non-ESP marker", base.HEX)
proto.fields = { f_prefix, f_length, f_kind, f_marker }

local e_length = ProtoExpert.new("espintcp.bad_length", "A length of 0 or 1 ends the connection (RFC 9329, 3.1)",
	expert.group.MALFORMED, expert.severity.ERROR)
local e_short = ProtoExpert.new("espintcp.short", "Too short for IKE or ESP, skipped by the receiver",
	expert.group.PROTOCOL, expert.severity.NOTE)
proto.experts = { e_length, e_short }

proto.prefs.ports = Pref.range("TCP ports", "4500", "Where to expect ESP and IKE in TCP", 65535)

local isakmp, esp = Dissector.get("isakmp"), Dissector.get("esp")
local stream_of = Field.new("tcp.stream")

-- The frame in which the first message of each direction was complete. Only there, and in first place, are the bytes
-- "IK" the prefix; later they are a length like any other.
local first_frame

function proto.init()
	first_frame = {}
end

local function direction(pinfo)
	return tostring(stream_of()) .. " " .. tostring(pinfo.src) .. " " .. pinfo.src_port
end

local function at_start(pinfo, offset)
	local frame = first_frame[direction(pinfo)]
	return offset == 0 and (not frame or pinfo.number <= frame)
end

local function message_length(tvb, pinfo, offset)
	if at_start(pinfo, offset) and tvb(offset, 2):string() == PREFIX:sub(1, 2) then
		return #PREFIX
	end
	local len = tvb(offset, LEN_SIZE):uint()
	if len < LEN_SIZE then
		return tvb:len() - offset
	end
	return len
end

-- Answers the kind, and what dissects the rest from which offset, if anything does.
local function classify(tvb, pinfo)
	if at_start(pinfo, 0) and tvb:len() == #PREFIX and tvb(0, #PREFIX):string() == PREFIX then
		return "prefix"
	end
	if tvb(0, LEN_SIZE):uint() < LEN_SIZE then
		return "bad"
	end
	local body = tvb:len() - LEN_SIZE
	if body == 1 and tvb(LEN_SIZE, 1):uint() == 0xff then
		return "keepalive"
	end
	if body <= MARKER_SIZE then
		return "short"
	end
	if tvb(LEN_SIZE, MARKER_SIZE):uint() == 0 then
		return "ike", isakmp, LEN_SIZE + MARKER_SIZE
	end
	return "esp", esp, LEN_SIZE
end

local function dissect_message(tvb, pinfo, tree)
	local kind, inner, offset = classify(tvb, pinfo)
	local sub = tree:add(proto, tvb(), "ESP in TCP: " .. kind .. ", " .. tvb:len() .. " bytes")

	first_frame[direction(pinfo)] = first_frame[direction(pinfo)] or pinfo.number
	if kind == "prefix" then
		sub:add(f_prefix, tvb(0, #PREFIX))
	else
		sub:add(f_length, tvb(0, LEN_SIZE))
	end
	sub:add(f_kind, tvb(), kind):set_generated()
	if kind == "ike" then
		sub:add(f_marker, tvb(LEN_SIZE, MARKER_SIZE))
	elseif kind == "bad" then
		sub:add_proto_expert_info(e_length)
	elseif kind == "short" then
		sub:add_proto_expert_info(e_short)
	end
	if inner then
		inner:call(tvb(offset):tvb(), pinfo, tree)
	else
		pinfo.cols.info:append(" [" .. kind .. "]")
	end
	pinfo.cols.protocol = "ESPinTCP"
	return tvb:len()
end

function proto.dissector(tvb, pinfo, tree)
	dissect_tcp_pdus(tvb, tree, LEN_SIZE, message_length, dissect_message)
	return tvb:len()
end

local tcp_port = DissectorTable.get("tcp.port")
local registered

local function register()
	if registered then
		tcp_port:remove(registered, proto)
	end
	registered = proto.prefs.ports
	tcp_port:add(registered, proto)
end

proto.prefs_changed = register
register()
