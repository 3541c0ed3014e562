/* Detailed outlines and symbols straight onto pixels: insides by exact cover, strokes by distance to their line.
 *
 * An inside is summed up edge by edge: every edge adds to each row what lies to the right of it, and a running sum
 * along the row is the share of a pixel that is covered (more than one winding counts as one, a hole as none).
 * A stroke covers a pixel by how near its middle lies, and where strokes meet the greater cover counts, so that no
 * joint is darker than the line. Both go by bands of rows that fit the processor's cache, without the
 * interpreter's lock. Vertices without a finite place are left out.
 */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "_buffers.h"

#define BAND_BYTES (1 << 17)
#define SAME 0.4        /* corners of a stroke within so many pixels are one */
#define MOST_SIDE 65536
#define FLATTEST 1e-30 /* of a row: what an edge rises, else it turns nothing on and its slope is no number */

typedef struct {
    const float *few;         /* x, y as float32, or */
    const double *many;       /* the same as float64 */
    const uint32_t *starts;   /* the first vertex of each ring, and one more */
    Py_ssize_t vertices, rings;
    const uint32_t *runs;     /* pairs of first ring and the one after the last; NULL: all */
    Py_ssize_t run_count;
    double sx, ox, sy, oy;    /* pixel = value * s + o */
} Lines;

typedef struct { uint32_t *at; Py_ssize_t stride; Py_ssize_t left, top, right, bottom; } Paper;
typedef struct { uint32_t begin, end; float north, south; } Ring;
typedef struct { Ring *at; Py_ssize_t count; } Rings;
typedef struct { Py_ssize_t first, last; } Reached;
typedef struct { uint32_t colour; int hatched; double nx, ny, phase, step, half; } Ink;
typedef struct { double width; int closed; } Pen;

static inline void vertex(const Lines *lines, size_t v, double *x, double *y)
{
    if (lines->few) { *x = lines->few[2 * v]; *y = lines->few[2 * v + 1]; }
    else { *x = lines->many[2 * v]; *y = lines->many[2 * v + 1]; }
    *x = *x * lines->sx + lines->ox;
    *y = *y * lines->sy + lines->oy;
}

static inline int placed(double x, double y) { return fabs(x) < 1e9 && fabs(y) < 1e9; }

/* The rings that can touch the paper, `margin` pixels around it; -1 without memory. */
static int find_rings(const Lines *lines, const Paper *paper, double margin, Rings *found)
{
    uint32_t whole[2] = {0, (uint32_t)lines->rings};
    const uint32_t *runs = lines->runs ? lines->runs : whole;
    Py_ssize_t count = lines->runs ? lines->run_count : 1, room = 0;
    for (Py_ssize_t run = 0; run < count; run++)
        if (runs[2 * run] < runs[2 * run + 1] && (Py_ssize_t)runs[2 * run + 1] <= lines->rings)
            room += runs[2 * run + 1] - runs[2 * run];
    found->count = 0;
    found->at = malloc((size_t)(room ? room : 1) * sizeof(Ring));
    if (!found->at) return -1;
    for (Py_ssize_t run = 0; run < count; run++) {
        if (runs[2 * run] >= runs[2 * run + 1] || (Py_ssize_t)runs[2 * run + 1] > lines->rings) continue;
        for (uint32_t ring = runs[2 * run]; ring < runs[2 * run + 1]; ring++) {
            uint32_t begin = lines->starts[ring], end = lines->starts[ring + 1];
            if (begin >= end || (Py_ssize_t)end > lines->vertices) continue;
            double west = INFINITY, east = -INFINITY, north = INFINITY, south = -INFINITY;
            for (size_t v = begin; v < end; v++) {
                double x, y;
                vertex(lines, v, &x, &y);
                if (!placed(x, y)) continue;
                west = x < west ? x : west;
                east = x > east ? x : east;
                north = y < north ? y : north;
                south = y > south ? y : south;
            }
            if (!(south + margin >= (double)paper->top && north - margin <= (double)paper->bottom)) continue;
            if (!(east + margin >= (double)paper->left && west - margin <= (double)paper->right)) continue;
            found->at[found->count++] = (Ring){begin, end, (float)(north - margin), (float)(south + margin)};
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ colour onto the paper */
/* One colour over another, both premultiplied ARGB. */
static inline uint32_t over(uint32_t top, uint32_t below)
{
    uint32_t rest = 255 - (top >> 24);
    uint32_t low = (below & 0x00ff00ffu) * rest, high = ((below >> 8) & 0x00ff00ffu) * rest;
    low = ((low + ((low >> 8) & 0x00ff00ffu) + 0x00800080u) >> 8) & 0x00ff00ffu;
    high = (high + ((high >> 8) & 0x00ff00ffu) + 0x00800080u) & 0xff00ff00u;
    return top + low + high;
}

static inline uint32_t share_of(uint32_t colour, uint32_t part)   /* part in 0..255 */
{
    uint32_t low = (colour & 0x00ff00ffu) * part, high = ((colour >> 8) & 0x00ff00ffu) * part;
    low = ((low + ((low >> 8) & 0x00ff00ffu) + 0x00800080u) >> 8) & 0x00ff00ffu;
    high = (high + ((high >> 8) & 0x00ff00ffu) + 0x00800080u) & 0xff00ff00u;
    return low | high;
}

/* How much of a line of a width covers a pixel whose middle is so far from it. */
static inline double cover_of(double width, double distance)
{
    if (width <= 1.0) return distance < 1.0 ? width * (1.0 - distance) : 0.0;
    double cover = width / 2 + 0.5 - distance;
    return cover < 0.0 ? 0.0 : cover > 1.0 ? 1.0 : cover;
}

static inline uint32_t part_of(const Ink *ink, double cover, Py_ssize_t x, Py_ssize_t y)
{
    if (ink->hatched) {
        double across = ((double)x + 0.5) * ink->nx + ((double)y + 0.5) * ink->ny + ink->phase;
        double off = across / ink->step;
        cover *= cover_of(2 * ink->half, fabs(off - floor(off + 0.5)) * ink->step);
    }
    return cover > 0.0 ? (uint32_t)(cover * 255.0 + 0.5) : 0;   /* a hatch of no numbers covers nothing */
}

static inline void put(uint32_t *pixel, uint32_t colour, uint32_t part)
{
    if (!part) return;
    uint32_t top = part >= 255 ? colour : share_of(colour, part);
    *pixel = top >> 24 == 255 ? top : over(top, *pixel);
}

/* ------------------------------------------------------------------ insides */
typedef struct { float *sums; Reached *reached; Py_ssize_t width, top, bottom; } Band;

/* A piece of an edge within one row, from (x0, y0) to (x1, y1), x in 0..width: adds what it turns on at its right. */
static inline void add_piece(float *row, double x0, double x1, double height)
{
    double left = x0 < x1 ? x0 : x1, right = x0 < x1 ? x1 : x0;
    Py_ssize_t first = (Py_ssize_t)left, last = (Py_ssize_t)right;
    if (first == last) {
        double share = 1.0 - ((left + right) / 2 - (double)first);
        row[first] += (float)(height * share);
        row[first + 1] += (float)(height * (1.0 - share));
        return;
    }
    double slope = height / (right - left), before = 0.0;   /* of height for each pixel across */
    for (Py_ssize_t x = first; x <= last; x++) {
        double from = x == first ? left : (double)x, to = x == last ? right : (double)(x + 1);
        double part = (to - from) * slope;                  /* what this pixel turns on */
        double here = part * ((double)(x + 1) - (from + to) / 2);
        row[x] += (float)(before + here);
        before = part - here;
    }
    row[last + 1] += (float)before;
}

/* The piece cut at the sides of the band: what lies left of it covers its row from the beginning on. */
static void add_cut(const Band *band, Py_ssize_t row, double x0, double x1, double height)
{
    double wide = (double)band->width;
    if (x0 >= wide && x1 >= wide) return;
    float *sums = band->sums + (row - band->top) * (band->width + 2);
    Reached *reached = band->reached + (row - band->top);
    if (x0 < 0.0 || x1 < 0.0 || x0 > wide || x1 > wide) {
        double span = x1 - x0;
        double a = x0 < 0.0 ? 0.0 : x0 > wide ? wide : x0, b = x1 < 0.0 ? 0.0 : x1 > wide ? wide : x1;
        double inside = span != 0.0 ? (b - a) / span : 0.0;
        double low = x0 < x1 ? x0 : x1, high = x0 < x1 ? x1 : x0;
        double before = low >= 0.0 ? 0.0 : high <= 0.0 ? 1.0 : -low / (high - low);
        sums[0] += (float)(height * before);
        reached->first = 0;
        if (reached->last < 1) reached->last = 1;
        if (!(inside > 0.0)) return;
        x0 = a;
        x1 = b;
        height *= inside;
    }
    Py_ssize_t first = (Py_ssize_t)(x0 < x1 ? x0 : x1), last = (Py_ssize_t)(x0 < x1 ? x1 : x0) + 2;
    if (first < reached->first) reached->first = first;
    if (last > reached->last) reached->last = last;
    add_piece(sums, x0, x1, height);
}

static void add_edge(const Band *band, double x0, double y0, double x1, double y1)
{
    double turn = 1.0;
    if (y0 > y1) { double t = x0; x0 = x1; x1 = t; t = y0; y0 = y1; y1 = t; turn = -1.0; }
    double top = (double)band->top, bottom = (double)band->bottom;
    if (!(y1 > top && y0 < bottom) || !(y1 - y0 > FLATTEST)) return;
    double slope = (x1 - x0) / (y1 - y0);
    if (y0 < top) { x0 += (top - y0) * slope; y0 = top; }
    if (y1 > bottom) { x1 -= (y1 - bottom) * slope; y1 = bottom; }
    Py_ssize_t last = (Py_ssize_t)y1;
    for (Py_ssize_t row = (Py_ssize_t)y0; row <= last && row < band->bottom; row++) {
        double until = row + 1 < y1 ? (double)(row + 1) : y1;
        double x = until == y1 ? x1 : x0 + (until - y0) * slope;
        if (until > y0) add_cut(band, row, x0, x, turn * (until - y0));
        x0 = x;
        y0 = until;
    }
}

static void add_ring(const Lines *lines, const Ring *ring, const Paper *paper, const Band *band)
{
    double x0, y0, firstx = 0, firsty = 0;
    int any = 0;
    x0 = y0 = 0;
    for (size_t v = ring->begin; v < ring->end; v++) {
        double x, y;
        vertex(lines, v, &x, &y);
        if (!placed(x, y)) continue;
        x -= (double)paper->left;
        if (any) add_edge(band, x0, y0, x, y);
        else { firstx = x; firsty = y; any = 1; }
        x0 = x;
        y0 = y;
    }
    if (any) add_edge(band, x0, y0, firstx, firsty);
}

/* The first place from `x` on where something begins or ends. */
static Py_ssize_t run_end(const float *sums, Py_ssize_t x, Py_ssize_t last)
{
    for (; x + 8 <= last; x += 8) {
        uint32_t words[8], any = 0;
        memcpy(words, sums + x, sizeof words);
        for (int at = 0; at < 8; at++) any |= words[at];
        if (any) break;
    }
    while (x < last && sums[x] == 0.0f) x++;
    return x;
}

/* A run of pixels that are covered alike. */
static void lay_run(uint32_t *line, Py_ssize_t x, Py_ssize_t end, uint32_t colour, uint32_t part)
{
    uint32_t top = part >= 255 ? colour : share_of(colour, part);
    if (!part) return;
    if (top >> 24 == 255) for (; x < end; x++) line[x] = top;
    else for (; x < end; x++) line[x] = over(top, line[x]);
}

static void lay_sums(const Paper *paper, const Band *band, const Ink *ink)
{
    for (Py_ssize_t row = band->top; row < band->bottom; row++) {
        Reached reached = band->reached[row - band->top];
        if (reached.first >= reached.last) continue;
        float *sums = band->sums + (row - band->top) * (band->width + 2);
        uint32_t *line = paper->at + row * paper->stride + paper->left;
        float sum = 0.0f;
        Py_ssize_t last = reached.last < band->width ? reached.last : band->width;
        for (Py_ssize_t x = reached.first; x < last;) {
            sum += sums[x];
            sums[x] = 0.0f;   /* only where a run begins is anything to take away for the next band */
            double cover = fabsf(sum) > 1.0f ? 1.0 : (double)fabsf(sum);
            Py_ssize_t end = run_end(sums, x + 1, last);
            if (ink->hatched && cover > 0.0)
                for (; x < end; x++) put(line + x, ink->colour, part_of(ink, cover, paper->left + x, row));
            else lay_run(line, x, end, ink->colour, (uint32_t)(cover * 255.0 + 0.5));
            x = end;
        }
        if (last < band->width && fabsf(sum) > 0.002f) {   /* open at the right: the rest of the row */
            double cover = fabsf(sum) > 1.0f ? 1.0 : (double)fabsf(sum);
            for (Py_ssize_t x = last; x < band->width; x++)
                put(line + x, ink->colour, part_of(ink, cover, paper->left + x, row));
        }
        for (Py_ssize_t x = last; x < reached.last; x++) sums[x] = 0.0f;
    }
}

static int fill_all(const Lines *lines, const Paper *paper, const Ink *ink)
{
    Rings rings;
    if (find_rings(lines, paper, 0.0, &rings)) return -1;
    Py_ssize_t width = paper->right - paper->left;
    Py_ssize_t rows = BAND_BYTES / ((width + 2) * (Py_ssize_t)sizeof(float));
    if (rows < 8) rows = 8;
    Band band = {calloc((size_t)rows * (size_t)(width + 2), sizeof(float)), malloc((size_t)rows * sizeof(Reached)),
                 width, 0, 0};
    int failed = !band.sums || !band.reached;
    for (Py_ssize_t top = paper->top; top < paper->bottom && rings.count && !failed; top += rows) {
        band.top = top;
        band.bottom = top + rows < paper->bottom ? top + rows : paper->bottom;
        for (Py_ssize_t row = 0; row < rows; row++) band.reached[row] = (Reached){width, 0};
        for (Py_ssize_t ring = 0; ring < rings.count; ring++)
            if (rings.at[ring].south >= (float)band.top && rings.at[ring].north <= (float)band.bottom)
                add_ring(lines, rings.at + ring, paper, &band);
        lay_sums(paper, &band, ink);
    }
    free(band.sums);
    free(band.reached);
    free(rings.at);
    return failed ? -1 : 0;
}

/* ------------------------------------------------------------------ strokes */
typedef struct { uint8_t *covers; Reached *reached; Py_ssize_t width, top, bottom; } Strokes;
typedef struct {
    double x0, y0, x1, y1;
    int flat_start, flat_end;
    double length, ux, uy;   /* u: its direction */
    double across, along;    /* how far x goes for a row; how far for a pixel of its length; 0 for endless */
} Segment;

/* Pixels of a row beside a segment's ends or beyond them. */
static void cover_ends(uint8_t *covers, const Segment *at, double width, double y, Py_ssize_t first, Py_ssize_t last)
{
    double half = (width > 1.0 ? width / 2 : 0.5) + 0.5;
    for (Py_ssize_t x = first; x < last; x++) {
        double px = (double)x + 0.5 - at->x0, before = px * at->ux + y * at->uy, after = at->length - before;
        double away = fabs(px * at->uy - y * at->ux), limit = 1.0, beyond = before < 0.0 ? -before : -after;
        if (at->flat_start && before < 0.5) { limit = 0.5 + before; beyond = 0.0; }
        if (at->flat_end && after < 0.5) { limit = limit < 0.5 + after ? limit : 0.5 + after; beyond = 0.0; }
        if (beyond > 0.0) away = sqrt(away * away + beyond * beyond);
        if (away >= half || limit <= 0.0) continue;
        double cover = cover_of(width, away) * (limit < 1.0 ? limit : 1.0);
        uint8_t part = (uint8_t)(cover * 255.0 + 0.5);
        if (part > covers[x]) covers[x] = part;
    }
}

/* Pixels of a row between a segment's ends: only their distance from the line counts. */
static void cover_sides(uint8_t *covers, const Segment *at, double width, double y, Py_ssize_t first, Py_ssize_t last)
{
    double most = width > 1.0 ? 1.0 : width, fall = width > 1.0 ? 1.0 : width;
    double start = width > 1.0 ? width / 2 + 0.5 : width;
    for (Py_ssize_t x = first; x < last; x++) {
        double cover = start - fall * fabs(((double)x + 0.5 - at->x0) * at->uy - y * at->ux);
        cover = cover > 0.0 ? cover : 0.0;   /* in this way round no jump is needed */
        cover = cover < most ? cover : most;
        uint8_t part = (uint8_t)(cover * 255.0 + 0.5);
        covers[x] = part > covers[x] ? part : covers[x];
    }
}

/* The pixels of a row from `first` to `last` that lie between the ends of a segment, half a pixel within. */
static Reached between_ends(const Segment *at, double y, Py_ssize_t first, Py_ssize_t last)
{
    double low = 0.5, high = at->length - 0.5, shift = y * at->uy;
    if (at->along == 0.0) return shift > low && shift < high ? (Reached){first, last} : (Reached){last, last};
    double a = (low - shift) * at->along + at->x0 - 0.5, b = (high - shift) * at->along + at->x0 - 0.5;
    if (a > b) { double t = a; a = b; b = t; }
    Reached found = {a < (double)first ? first : a < (double)last ? (Py_ssize_t)a + 1 : last,
                     b > (double)last ? last : b > (double)first ? (Py_ssize_t)b : first};
    return low < high && found.first < found.last ? found : (Reached){last, last};
}

static void cover_row(const Strokes *band, const Segment *at, double width, Py_ssize_t row)
{
    double half = (width > 1.0 ? width / 2 : 0.5) + 0.5;
    double y = (double)row + 0.5 - at->y0;
    double low = at->x0 < at->x1 ? at->x0 : at->x1, high = at->x0 < at->x1 ? at->x1 : at->x0;
    if (at->uy != 0.0) {   /* where the line is within reach of this row */
        double a = at->x0 + (y - half) * at->across, b = at->x0 + (y + half) * at->across;
        double near = a < b ? a : b, far = a < b ? b : a;
        if (near > high) near = high;
        if (far < low) far = low;
        if (near > low) low = near;
        if (far < high) high = far;
    }
    double west = low - half, east = high + half;
    if (!(east >= 0.0 && west < (double)band->width)) return;
    Py_ssize_t first = west > 0.0 ? (Py_ssize_t)west : 0;
    Py_ssize_t last = east + 1.0 < (double)band->width ? (Py_ssize_t)(east + 1.0) : band->width;
    if (first >= last) return;
    Reached *reached = band->reached + (row - band->top);
    if (first < reached->first) reached->first = first;
    if (last > reached->last) reached->last = last;
    uint8_t *covers = band->covers + (row - band->top) * band->width;
    Reached plain = between_ends(at, y, first, last);
    cover_ends(covers, at, width, y, first, plain.first);
    cover_sides(covers, at, width, y, plain.first, plain.last);
    cover_ends(covers, at, width, y, plain.last, last);
}

static void cover_segment(const Strokes *band, Segment *at, double width)
{
    double half = (width > 1.0 ? width / 2 : 0.5) + 0.5;
    double north = (at->y0 < at->y1 ? at->y0 : at->y1) - half, south = (at->y0 < at->y1 ? at->y1 : at->y0) + half;
    if (!(south > (double)band->top && north < (double)band->bottom)) return;
    Py_ssize_t first = north > (double)band->top ? (Py_ssize_t)north : band->top;
    Py_ssize_t last = south + 1.0 < (double)band->bottom ? (Py_ssize_t)(south + 1.0) : band->bottom;
    double dx = at->x1 - at->x0, dy = at->y1 - at->y0;
    at->length = sqrt(dx * dx + dy * dy);
    at->ux = at->length > 0.0 ? dx / at->length : 1.0;
    at->uy = at->length > 0.0 ? dy / at->length : 0.0;
    if (fabs(dy) <= 1e-9) at->uy = 0.0;
    at->across = at->uy != 0.0 ? dx / dy : 0.0;
    at->along = fabs(at->ux) > 1e-6 ? 1.0 / at->ux : 0.0;
    for (Py_ssize_t row = first; row < last; row++) cover_row(band, at, width, row);
}

static void cover_ring(const Lines *lines, const Ring *ring, const Paper *paper, const Strokes *band, const Pen *pen)
{
    double x0 = 0, y0 = 0, firstx = 0, firsty = 0;
    size_t kept = 0, last = ring->end;
    if (!pen->closed)   /* the end of a line is never left out for lying near the corner before it */
        for (; last > ring->begin; last--) {
            double x, y;
            vertex(lines, last - 1, &x, &y);
            if (placed(x, y)) break;
        }
    for (size_t v = ring->begin; v < ring->end; v++) {
        double x, y;
        vertex(lines, v, &x, &y);
        if (!placed(x, y)) continue;
        x -= (double)paper->left;
        int end = !pen->closed && v + 1 == last;
        if (kept && !end && fabs(x - x0) < SAME && fabs(y - y0) < SAME) continue;
        if (kept) {
            Segment at = {x0, y0, x, y, !pen->closed && kept == 1, end, 0.0, 0.0, 0.0, 0.0, 0.0};
            cover_segment(band, &at, pen->width);
        } else { firstx = x; firsty = y; }
        kept++;
        x0 = x;
        y0 = y;
    }
    if (pen->closed && kept) {
        Segment at = {x0, y0, firstx, firsty, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0};
        cover_segment(band, &at, pen->width);
    }
}

static void lay_covers(const Paper *paper, const Strokes *band, const Ink *ink)
{
    for (Py_ssize_t row = band->top; row < band->bottom; row++) {
        Reached reached = band->reached[row - band->top];
        if (reached.first >= reached.last) continue;
        uint8_t *covers = band->covers + (row - band->top) * band->width;
        uint32_t *line = paper->at + row * paper->stride + paper->left;
        for (Py_ssize_t x = reached.first; x < reached.last;) {
            uint64_t eight = 0;
            if (x + 8 <= reached.last) memcpy(&eight, covers + x, 8);
            if (x + 8 <= reached.last && !eight) { x += 8; continue; }   /* between strokes: most of a row */
            Py_ssize_t end = x + 8 < reached.last ? x + 8 : reached.last;
            for (; x < end; x++) {
                put(line + x, ink->colour, covers[x]);
                covers[x] = 0;
            }
        }
    }
}

static int stroke_all(const Lines *lines, const Paper *paper, const Ink *ink, const Pen *pen)
{
    Rings rings;
    if (find_rings(lines, paper, pen->width / 2 + 1.0, &rings)) return -1;
    Py_ssize_t width = paper->right - paper->left, rows = BAND_BYTES / (width ? width : 1);
    if (rows < 8) rows = 8;
    if (rows > paper->bottom - paper->top) rows = paper->bottom - paper->top;
    Strokes band = {calloc((size_t)rows + 1, (size_t)width), malloc((size_t)(rows + 1) * sizeof(Reached)), width, 0, 0};
    int failed = !band.covers || !band.reached;
    for (Py_ssize_t top = paper->top; top < paper->bottom && rings.count && !failed; top += rows) {
        band.top = top;
        band.bottom = top + rows < paper->bottom ? top + rows : paper->bottom;
        for (Py_ssize_t row = 0; row < rows; row++) band.reached[row] = (Reached){width, 0};
        for (Py_ssize_t ring = 0; ring < rings.count; ring++)
            if (rings.at[ring].south >= (float)band.top && rings.at[ring].north <= (float)band.bottom)
                cover_ring(lines, rings.at + ring, paper, &band, pen);
        lay_covers(paper, &band, ink);
    }
    free(band.covers);
    free(band.reached);
    free(rings.at);
    return failed ? -1 : 0;
}

/* ------------------------------------------------------------------ symbols */
static void stamp_one(const Paper *paper, const uint32_t *picture, Py_ssize_t side, Py_ssize_t left, Py_ssize_t top)
{
    Py_ssize_t first = left < paper->left ? paper->left - left : 0;
    Py_ssize_t last = left + side > paper->right ? paper->right - left : side;
    for (Py_ssize_t y = top < paper->top ? paper->top - top : 0; y < side && top + y < paper->bottom; y++) {
        uint32_t *line = paper->at + (top + y) * paper->stride + left;
        const uint32_t *row = picture + y * side;
        for (Py_ssize_t x = first; x < last; x++) {
            uint32_t colour = row[x];
            if (colour >> 24 == 255) line[x] = colour;
            else if (colour >> 24) line[x] = over(colour, line[x]);
        }
    }
}

/* ------------------------------------------------------------------ from Python */
enum { OUT, XY, STARTS, RUNS, PARTS };

static int hold_lines(PyObject **objects, Held *held, Lines *lines)
{
    if (hold(objects[XY], &held[XY], 0, "f48", "xy")) return -1;
    if (held[XY].view.itemsize == 4) lines->few = held[XY].view.buf;
    else lines->many = held[XY].view.buf;
    if (hold(objects[STARTS], &held[STARTS], 0, "i4", "starts")) return -1;
    if (objects[RUNS] != Py_None && hold(objects[RUNS], &held[RUNS], 0, "i4", "runs")) return -1;
    lines->starts = held[STARTS].view.buf;
    lines->vertices = items(&held[XY]) / 2;
    lines->rings = items(&held[STARTS]) - 1;
    if (held[RUNS].held) {
        lines->runs = held[RUNS].view.buf;
        lines->run_count = items(&held[RUNS]) / 2;
    }
    if (lines->rings < 0 || lines->rings >= UINT32_MAX || lines->vertices >= UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "starts and xy do not fit");
        return -1;
    }
    return 0;
}

static int hold_paper(PyObject *out, Held *held, Paper *paper)
{
    if (hold(out, held, WRITTEN, "i4", "out")) return -1;
    if (paper->stride < 1 || paper->stride > MOST_SIDE || paper->left < 0 || paper->top < 0 || paper->right > paper->stride
        || paper->bottom > MOST_SIDE || paper->left > paper->right || paper->top > paper->bottom
        || paper->bottom * paper->stride > items(held)) {
        PyErr_SetString(PyExc_ValueError, "out and frame do not fit");
        return -1;
    }
    paper->at = held->view.buf;
    return 0;
}

PyDoc_STRVAR(fill_doc,
             "fill(out, stride, frame, xy, starts, runs, place, colour, hatch)\n\nFill rings (xy float32 or float64; starts uint32, "
             "one more at the end; runs pairs of uint32 or None) within the frame\n(left, top, right, bottom) of `out` (premultiplied "
             "ARGB). place is (sx, ox, sy, oy); hatch is (nx, ny, phase, step, width), step 0 for none.");

static PyObject *fill(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *objects[PARTS], *result = NULL;
    Held held[PARTS] = {0};
    Paper paper = {0};
    Lines lines = {0};
    Ink ink = {0};
    double width;
    if (!PyArg_ParseTuple(args, "On(nnnn)OOO(dddd)I(ddddd)", &objects[OUT], &paper.stride, &paper.left, &paper.top,
                          &paper.right, &paper.bottom, &objects[XY], &objects[STARTS], &objects[RUNS], &lines.sx, &lines.ox,
                          &lines.sy, &lines.oy, &ink.colour, &ink.nx, &ink.ny, &ink.phase, &ink.step, &width))
        return NULL;
    if (hold_paper(objects[OUT], &held[OUT], &paper) || hold_lines(objects, held, &lines)) goto done;
    ink.hatched = ink.step > 0.0;
    ink.half = width / 2;
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = fill_all(&lines, &paper, &ink);
    Py_END_ALLOW_THREADS
    if (failed) { PyErr_NoMemory(); goto done; }
    result = Py_None;
    Py_INCREF(result);
done:
    let_go(held, PARTS);
    return result;
}

PyDoc_STRVAR(stroke_doc,
             "stroke(out, stride, frame, xy, starts, runs, place, colour, width, closed)\n\nDraw rings or lines `width` pixels wide, "
             "joined round, ends cut flat; the rest as for fill.");

static PyObject *stroke(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *objects[PARTS], *result = NULL;
    Held held[PARTS] = {0};
    Paper paper = {0};
    Lines lines = {0};
    Ink ink = {0};
    Pen pen;
    if (!PyArg_ParseTuple(args, "On(nnnn)OOO(dddd)Idp", &objects[OUT], &paper.stride, &paper.left, &paper.top, &paper.right,
                          &paper.bottom, &objects[XY], &objects[STARTS], &objects[RUNS], &lines.sx, &lines.ox, &lines.sy,
                          &lines.oy, &ink.colour, &pen.width, &pen.closed))
        return NULL;
    if (hold_paper(objects[OUT], &held[OUT], &paper) || hold_lines(objects, held, &lines)) goto done;
    if (!(pen.width > 0.0 && pen.width < MOST_SIDE)) { PyErr_SetString(PyExc_ValueError, "no such width"); goto done; }
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = stroke_all(&lines, &paper, &ink, &pen);
    Py_END_ALLOW_THREADS
    if (failed) { PyErr_NoMemory(); goto done; }
    result = Py_None;
    Py_INCREF(result);
done:
    let_go(held, PARTS);
    return result;
}

PyDoc_STRVAR(stamp_doc,
             "stamp(out, stride, frame, picture, side, corners)\n\nPut a square picture (premultiplied ARGB, `side` wide) over the frame "
             "of `out` with its top left corner at each of `corners` (int32 x, y), in their order.");

static PyObject *stamp(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *objects[3], *result = NULL;
    Held held[3] = {0};
    Paper paper = {0};
    Py_ssize_t side;
    if (!PyArg_ParseTuple(args, "On(nnnn)OnO", &objects[0], &paper.stride, &paper.left, &paper.top, &paper.right,
                          &paper.bottom, &objects[1], &side, &objects[2]))
        return NULL;
    if (hold_paper(objects[0], &held[0], &paper)) goto done;
    for (int i = 1; i < 3; i++)
        if (hold(objects[i], &held[i], 0, "i4", "stamp")) goto done;
    if (side < 1 || side > 4096 || items(&held[1]) != side * side || items(&held[2]) % 2) {
        PyErr_SetString(PyExc_ValueError, "picture and corners do not fit");
        goto done;
    }
    const int32_t *corners = held[2].view.buf;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < items(&held[2]); i += 2)
        stamp_one(&paper, held[1].view.buf, side, corners[i], corners[i + 1]);
    Py_END_ALLOW_THREADS
    result = Py_None;
    Py_INCREF(result);
done:
    let_go(held, 3);
    return result;
}

PyMethodDef ink_methods[] = {
    {"stamp", stamp, METH_VARARGS, stamp_doc},
    {"fill", fill, METH_VARARGS, fill_doc},
    {"stroke", stroke, METH_VARARGS, stroke_doc},
    {NULL, NULL, 0, NULL},
};
