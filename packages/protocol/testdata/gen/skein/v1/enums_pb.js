// source: skein/v1/enums.proto
/**
 * @fileoverview
 * @enhanceable
 * @suppress {missingRequire} reports error on implicit type usages.
 * @suppress {messageConventions} JS Compiler reports an error if a variable or
 *     field starts with 'MSG_' and isn't a translatable message.
 * @public
 */
// GENERATED CODE -- DO NOT EDIT!
/* eslint-disable */
// @ts-nocheck

var jspb = require('google-protobuf');
var goog = jspb;
var global = (function() { return this || window || global || self || Function('return this')(); }).call(null);

goog.exportSymbol('proto.skein.v1.MessageType', null, global);
goog.exportSymbol('proto.skein.v1.ServiceMessageDirection', null, global);
goog.exportSymbol('proto.skein.v1.ServiceType', null, global);
/**
 * @enum {number}
 */
proto.skein.v1.MessageType = {
  MESSAGE_TYPE_UNSPECIFIED: 0,
  MESSAGE_TYPE_TEXT: 1,
  MESSAGE_TYPE_IMAGE: 2,
  MESSAGE_TYPE_FILE: 3,
  MESSAGE_TYPE_AUDIO: 4,
  MESSAGE_TYPE_VIDEO: 5,
  MESSAGE_TYPE_CARD: 6,
  MESSAGE_TYPE_EVENT: 7,
  MESSAGE_TYPE_RECALL: 8,
  MESSAGE_TYPE_EDIT: 9
};

/**
 * @enum {number}
 */
proto.skein.v1.ServiceType = {
  SERVICE_TYPE_UNSPECIFIED: 0,
  SERVICE_TYPE_PRESALE: 1,
  SERVICE_TYPE_AFTERSALE: 2,
  SERVICE_TYPE_COMPLAINT: 3
};

/**
 * @enum {number}
 */
proto.skein.v1.ServiceMessageDirection = {
  SERVICE_MESSAGE_DIRECTION_UNSPECIFIED: 0,
  SERVICE_MESSAGE_DIRECTION_USER_TO_AGENT: 1,
  SERVICE_MESSAGE_DIRECTION_AGENT_TO_USER: 2,
  SERVICE_MESSAGE_DIRECTION_SYSTEM: 3
};

goog.object.extend(exports, proto.skein.v1);
