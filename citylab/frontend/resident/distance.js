// Metres on the ground around one place, flat: exact to a millimetre over the few hundred metres that are walked here.

const RADIUS_M = 6_378_137; // WGS 84, equator
const FLATTENING_SQUARED = 0.00669437999014; // first eccentricity squared

/** Metres of one degree eastwards and northwards at a latitude (Snyder 1987, Map Projections, equations 4-19 and 4-21). */
function degree(lat) {
  const sine = Math.sin((lat * Math.PI) / 180);
  const root = Math.sqrt(1 - FLATTENING_SQUARED * sine * sine);
  const [across, along] = [RADIUS_M / root, (RADIUS_M * (1 - FLATTENING_SQUARED)) / root ** 3];
  return { east: (across * Math.cos((lat * Math.PI) / 180) * Math.PI) / 180, north: (along * Math.PI) / 180 };
}

/** The point so many metres east and north of another; negative is west and south. */
export function moved({ lon, lat }, east, north) {
  const metres = degree(lat);
  return { lon: lon + east / metres.east, lat: lat + north / metres.north };
}

/** How far `to` lies east and north of `from`, and how far away, in metres. */
export function offset(from, to) {
  const metres = degree(from.lat);
  const [east, north] = [(to.lon - from.lon) * metres.east, (to.lat - from.lat) * metres.north];
  return { east, north, far: Math.hypot(east, north) };
}

/** The outline of a circle as a GeoJSON polygon. */
export function circle(centre, radius, corners = 64) {
  const ring = Array.from({ length: corners + 1 }, (_, corner) => {
    const angle = ((corner % corners) / corners) * 2 * Math.PI;
    const at = moved(centre, radius * Math.cos(angle), radius * Math.sin(angle));
    return [at.lon, at.lat];
  });
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}
