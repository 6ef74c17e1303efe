/** Whether a message can be published to this topic: not empty, no wildcard [MQTT-3.3.2-2], [MQTT-4.7.3-1]. */
export function isTopicName(topic: string): boolean {
  return topic.length > 0 && !topic.includes('#') && !topic.includes('+');
}

/** Whether `filter` can be subscribed to: wildcards fill a level, `#` is the last [MQTT-4.7.1-1], [MQTT-4.7.1-2]. */
export function isTopicFilter(filter: string): boolean {
  if (filter.length === 0) return false;
  if (!filter.includes('#') && !filter.includes('+')) return true;
  const levels = filter.split('/');
  return levels.every((level, i) => {
    if (level === '#') return i === levels.length - 1;
    return level === '+' || isTopicName(level) || level === '';
  });
}

/** Whether a filter of MQTT 5 names a shared subscription (4.8.2). */
export function isSharedFilter(filter: string): boolean {
  return filter.startsWith('$share/');
}

/** Whether a shared subscription names its group and a filter: `$share/{group}/{filter}` [MQTT-4.8.2-1], [MQTT-4.8.2-2]. */
export function isSharedFilterWellFormed(filter: string): boolean {
  const [, group, ...rest] = filter.split('/');
  return group !== undefined && isTopicName(group) && isTopicFilter(rest.join('/'));
}
