/**
 * In which units EPSG's codes have their coordinates (EPSG dataset 12, as PROJ has it): a file whose own words about its
 * units differ is not where it seems to be.
 *
 * Ranges leave out only codes that are no geographic or projected CRS.
 */
import { Unsupported } from './unsupported.js';
import type { RasterGrid } from './raster.js';

export const US_SURVEY_FOOT = 12 / 39.37;
export const FOOT = 0.3048;

/** Longitude and latitude. */
const GEOGRAPHIC = ranges(
  '3819-3824 3889 3906 4001-4025 4027-4036 4041-4047 4052-4055 4075-4081 4120-4216 4218-4326 4463 4470 ' +
    '4475-4483 4490 4555-4558 4600-4646 4657-4765 4801-4811 4813-4821 4823-4824 4901-5013 5132 5228-5233 5246 ' +
    '5252 5264 5324 5340 5354 5360 5365 5371-5381 5393 5451 5464 5467 5489 5524-5527 5546 5561 5593 5681 5886 ' +
    '6135 6207 6311 6318-6325 6365 6668 6706 6783 6881-6883 6892-6894 6980-6983 6987-6990 7035-7041 7073 ' +
    '7084-7088 7133-7139 7373 7683-7686 7798 7844 7881 7886 8042-8043 8086 8232-8255 8351 8427-8431 8449 8545 ' +
    '8685 8694-8818 8860-8902 8907 8949 8972-9019 9053-9140 9148 9153 9184 9248 9251 9253 9294 9299 9309 9333 ' +
    '9364 9372 9380-9384 9403 9453 9470 9474-9475 9547 9696 9702 9739 9755-9758 9763 9777-9784 9866 9871 9939 ' +
    '9964 9969 9974 9990-10158 10175-10178 10185 10191 10196 10204 10209 10214 10219 10224 10229 10237 10249 ' +
    '10252 10256 10260 10265 10268 10272 10277 10284 10299-10305 10307-10312 10328 10345-10414 10468 10475 10571 ' +
    '10606 10623 10628 10671-10673 20033-20041 20046',
);
/** Longitude and latitude in grads of a right angle's hundredth. */
const GRADS = ranges('4807 4810 4811 4816 4819 4821 4901 4902');
const FEET = ranges(
  '2222-2224 2251-2253 2256 2265-2266 2269-2270 2273 2280-2282 2867-2869 2896-2898 2901 2909-2910 2913-2914 ' +
    '2921-2923 2992 2994 3080 3359 3361 3479 3481 3483 3588 3590 3593 3605 3634 3636 3644 3646 3648 3656 3676 ' +
    '3679 3682 5588 6128-6129 6141 6391 6405 6407 6409 6494 6496 6499 6515 6545 6547 6557 6559 6561 6570 6785 ' +
    '6787 6789 6791 6793 6795 6797 6799 6801 6803 6805 6807 6809 6811 6813 6815 6817 6819 6821 6823 6825 6827 ' +
    '6829 6831 6833 6835 6837 6839 6841 6843 6845 6847 6849 6851 6853 6855 6857 6859 6861 6863 6868 6885 6887 ' +
    '7119-7127 8065-8068 8312 8314 8316 8318 8320 8322 8324 8326 8328 8330 8332 8334 8336 8338 8340 8342 8344 ' +
    '8346 8348 20050',
);
const US_SURVEY_FEET = ranges(
  '2155 2194 2204 2225-2250 2254-2255 2257-2264 2267-2268 2271-2272 2274-2279 2283-2289 2870-2895 2899-2900 ' +
    '2902-2908 2911-2912 2915-2920 2924-2930 2964-2968 3089 3091 3102 3363 3365 3404 3417-3438 3441-3446 ' +
    '3451-3459 3485 3487 3490 3492 3494 3496 3498 3500 3502 3504 3506 3508 3510 3512 3515 3517 3519 3521 3523 ' +
    '3525 3527 3529 3531 3533 3535 3537 3539 3541 3543 3545 3547 3549 3551 3553 3560-3570 3582 3584 3586 3598 ' +
    '3600 3608 3610 3612 3614 3616 3618 3620 3622 3624 3626 3628 3630 3632 3640 3642 3650 3652 3654 3658 3660 ' +
    '3662 3664 3668 3670 3672 3674 3677 3680 3683 3686 3688 3690 3692 3696 3698 3700 3728-3739 3753-3760 ' +
    '3991-3992 4217 4399-4413 4418-4433 4438-4457 5623-5625 5646 5654-5655 6200-6202 6411 6413 6416 6418 6420 ' +
    '6422 6424 6426 6428 6430 6432 6434 6436 6438 6441 6443 6445 6447 6449 6451 6453 6455 6457 6459 6461 6463 ' +
    '6465 6467 6469 6471 6473 6475 6477 6479 6484 6486 6488 6490 6492 6501 6503 6505 6507 6510 6517 6519 6521 ' +
    '6523 6525 6527 6529 6531 6533 6535 6537 6539 6541 6543 6549 6551 6553 6555 6563 6565 6568 6572 6574 6576 ' +
    '6578 6582 6584 6586 6588 6590 6593 6595 6597 6599 6601 6603 6605 6607 6609 6612 6614 6616 6618 6625-6627 ' +
    '6633 6880 6923 6925 6966 6997 7057-7070 7128 7132 7258 7260 7262 7264 7266 7268 7270 7272 7274 7276 7278 ' +
    '7280 7282 7284 7286 7288 7290 7292 7294 7296 7298 7300 7302 7304 7306 7308 7310 7312 7314 7316 7318 7320 ' +
    '7322 7324 7326 7328 7330 7332 7334 7336 7338 7340 7342 7344 7346 7348 7350 7352 7354 7356 7358 7360 7362 ' +
    '7364 7366 7368 7370 7587-7645 8035-8036 8091 8093 8096 8098 8100 8102 8104 8106 8108 8110 8112 8114 8116 ' +
    '8118 8120 8122 8124 8126 8128 8130 8132 8134 8136 8138 8140 8142 8144 8146 8148 8150 8152 8154 8156 8158 ' +
    '8160 8162 8164 8166 8168 8170 8172 8177 8180 8182 8185 8189 8193 8197 8200 8202 8204 8206 8208 8210 8213 ' +
    '8216 8220 8224 8226 8380 8382 8384 8387 8518-8540 9748-9749 10481-10516 10622 23301-23333 26729-26813 ' +
    '26847-26870 32001-32058 32064-32077 32099 32164-32167 32664-32667',
);
/** Units of projected CRS that are not metres, in metres: those of the codes behind each, national feet, yards, links and chains among them. */
const LINEAR_UNITS: readonly (readonly [metres: number, codes: Ranges])[] = [
  [US_SURVEY_FOOT, US_SURVEY_FEET],
  [FOOT, FEET],
  [0.3047972654, ranges('2314 3407 5589 24100')],
  [0.304799471538676, ranges('29872')],
  [0.304799710181509, ranges('2136 2159-2160')],
  [0.9143917962, ranges('5472')],
  [0.914398414616029, ranges('27291-27292')],
  [0.914398530744441, ranges('24370-24374 24382')],
  [0.201166195164, ranges('2066 30200')],
  [0.201168, ranges('3139-3140')],
  [20.116756, ranges('3167')],
  [20.1167651215526, ranges('29871')],
  [20.1167824943759, ranges('24571')],
  [1.0000135965, ranges('29371-29385')],
  [1000, ranges('22300')],
];

type Ranges = readonly (readonly [first: number, last: number])[];

/**
 * Whether a CRS counts in longitude and latitude.
 * @internal
 */
export function isGeographic(epsg: number): boolean {
  return isIn(GEOGRAPHIC, epsg);
}

/**
 * Refuses a projected CRS whose unit is not the one that the file tells of.
 * @param metres how long the file says that its unit is.
 * @throws Unsupported
 */
export function checkLinearUnit(epsg: number, metres: number): void {
  const own = metresPerUnit(epsg);
  // The two kinds of feet differ by two millionths, a metre in five hundred kilometres.
  if (Math.abs(metres / own - 1) < 1e-7) return;
  throw new Unsupported(
    `gives its coordinates in units of ${metres} m, but EPSG:${epsg}, which it names, is in units of ${own} m; ` +
      'warp it to a CRS that has a code',
  );
}

/**
 * Refuses a grid whose coordinates can't be those of its CRS: longitudes and latitudes beyond the globe.
 * @throws Unsupported
 */
export function checkCoordinates(grid: RasterGrid): void {
  const { epsg, originX, originY, stepX, stepY, width, height } = grid;
  if (!isGeographic(epsg)) return;
  if (isIn(GRADS, epsg)) throw new Unsupported(`is in grads (EPSG:${epsg}); warp it to a CRS in degrees`);
  const right = originX + width * stepX;
  const bottom = originY + height * stepY;
  // Grids of points reach half a step beyond the pole, and globes may begin at 0 as well as at 180 degrees west.
  const beyond =
    originX < -360 - stepX || right > 360 + stepX || originY > 90 - stepY || bottom < -90 + stepY;
  if (beyond) {
    throw new Unsupported(
      `lies from (${originX}, ${originY}) to (${right}, ${bottom}), which are no longitudes and latitudes, ` +
        `but names EPSG:${epsg}, a CRS in degrees`,
    );
  }
}

/**
 * How long the unit of a projected CRS is.
 * @internal
 */
export function metresPerUnit(epsg: number): number {
  return LINEAR_UNITS.find(([, codes]) => isIn(codes, epsg))?.[0] ?? 1;
}

/** Of `1 4-6`: [1, 1] and [4, 6]. */
function ranges(text: string): Ranges {
  return text.split(' ').map((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return [first!, last!];
  });
}

function isIn(ranges: Ranges, code: number): boolean {
  return ranges.some(([first, last]) => code >= first && code <= last);
}
