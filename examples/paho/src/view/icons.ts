const svgNamespace = 'http://www.w3.org/2000/svg';

function icon(className: string, ...paths: string[]): SVGSVGElement {
  const svg = document.createElementNS(svgNamespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon ${className}`);
  svg.setAttribute('aria-hidden', 'true');
  for (const d of paths) {
    const path = document.createElementNS(svgNamespace, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

/** Geese in flight, each in its place. */
export const logo = () => icon('logo', 'M3 5l9 14 9-14', 'M8 4.500l4 6.300 4-6.300');
export const clock = () => icon('tick', 'M12 5a7.500 7.500 0 1 0 .01 0', 'M12 9v4l2.500 1.500');
export const oneTick = () => icon('tick', 'M6 13l4 4 8-9');
export const twoTicks = () => icon('tick', 'M2 13l4 4 8-9', 'M11 16l1 1 8-9');
export const warning = () => icon('tick', 'M12 7v6', 'M12 17v.01', 'M12 3l9.500 17h-19z');
export const arrowUp = () => icon('arrow', 'M12 19V5', 'M6 11l6-6 6 6');
export const arrowDown = () => icon('arrow', 'M12 5v14', 'M6 13l6 6 6-6');
export const dot = () => icon('arrow', 'M9 12h6');
export const paperPlane = () => icon('plane', 'M4 12l16-8-6 16-3-7z', 'M11 13l9-9');
