/* Draws many small areas: a scan conversion into feature numbers, coloured through a table.
 *
 * Works on plain buffers without holding the interpreter's lock. A pixel belongs to the last area whose inside
 * holds its middle, by the even-odd rule over all rings of the area: the rule of GDAL's rasteriser. Smoothing
 * counts four samples a pixel; a sample whose right or lower neighbour belongs to another area is outline.
 * The work goes by bands of rows that fit the processor's cache. Only the stable ABI of Python 3.11 is used.
 */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "_buffers.h"

#define GROUP 32        /* areas in one box of the index */
#define FEW 24          /* edges up to which every row looks at every edge */
#define NOT_DRAWN 255   /* a class that is never drawn */
#define BAND_BYTES (1 << 19)
#define MOST_PIXELS (1 << 28)   /* across and down: twice that still is an int32 */

typedef struct {
    const float *xy;          /* x, y of every vertex about the layer's origin */
    const uint32_t *rings;    /* the first vertex of each ring, and one more */
    const uint32_t *areas;    /* the first ring of each area, and one more, or */
    const uint16_t *few_areas; /* the same of a layer with fewer than 65,536 rings */
    const float *boxes;       /* west, south, east, north of every GROUP areas */
    const uint8_t *classes;   /* the class of each area */
    Py_ssize_t count;         /* areas */
    Py_ssize_t ring_count, vertices; /* nothing beyond them is read, whatever the starts say */
    double sx, ox, sy, oy;    /* pixel = metre * s + o, y downwards */
} Layer;

typedef struct { Py_ssize_t first, last; } Span;

typedef struct {
    int32_t *cells;           /* row-major numbers, 0 where there is nothing */
    Py_ssize_t width;
    Py_ssize_t top, bottom;   /* the rows of the picture that `cells` holds */
    Span *touched;            /* what of each row was written, or NULL when nobody asks */
} Sheet;

typedef struct {
    double *crossings;
    Py_ssize_t room;
    Py_ssize_t *rows;
    Py_ssize_t row_room;
} Store;

/* The groups that touch a picture, with the rows each can reach: found once, not again for every band. */
typedef struct { int32_t group, first, last; } Reach;
typedef struct {
    Reach *at;
    Py_ssize_t count;
    int32_t *bands, *listed;   /* which of them each band of `rows` rows from `top` on needs, or NULL: ask all */
    Py_ssize_t top, rows;
} Seen;

static inline uint32_t first_ring(const Layer *layer, Py_ssize_t area)
{
    return layer->few_areas ? layer->few_areas[area] : layer->areas[area];
}

static inline Py_ssize_t clamped(double value, Py_ssize_t low, Py_ssize_t high)
{
    if (!(value > (double)low)) return low;   /* also what is no number */
    if (value > (double)high) return high;
    return (Py_ssize_t)value;
}

/* The first whole number not below a value, kept within bounds; a call of ceil() would cost more. */
static inline Py_ssize_t ceiled(double value, Py_ssize_t low, Py_ssize_t high)
{
    if (!(value > (double)low)) return low;
    if (value > (double)high) return high;
    Py_ssize_t whole = (Py_ssize_t)value;   /* towards nought: never above a value over `low`, which is no minus */
    return whole + (value > (double)whole);
}

static inline void put_span(const Sheet *sheet, Py_ssize_t row, double from, double to, int32_t number)
{
    Py_ssize_t first = clamped(from + 0.5, 0, sheet->width);
    Py_ssize_t last = clamped(to + 0.5, 0, sheet->width);
    int32_t *cell = sheet->cells + (row - sheet->top) * sheet->width;
    if (sheet->touched && first < last) {
        Span *span = sheet->touched + (row - sheet->top);
        if (first < span->first) span->first = first;
        if (last > span->last) span->last = last;
    }
    switch (last - first) {   /* most spans of many small areas are as short as this */
    case 4: cell[first + 3] = number; /* fall through */
    case 3: cell[first + 2] = number; /* fall through */
    case 2: cell[first + 1] = number; /* fall through */
    case 1: cell[first] = number; return;
    default:
        for (Py_ssize_t x = first; x < last; x++) cell[x] = number;
    }
}

static inline double crossing(double x0, double y0, double x1, double y1, double y)
{
    if (y0 > y1) { double x = x0; x0 = x1; x1 = x; double t = y0; y0 = y1; y1 = t; }
    return (y - y0) * (x1 - x0) / (y1 - y0) + x0;
}

static void sort_doubles(double *values, Py_ssize_t count)
{
    for (Py_ssize_t i = 1; i < count; i++) {
        double value = values[i];
        Py_ssize_t at = i;
        while (at > 0 && values[at - 1] > value) { values[at] = values[at - 1]; at--; }
        values[at] = value;
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);   /* both are numbers: edges without a finite end cross no row */
}

/* An area of a single ring with few vertices: every row looks at every edge. */
static void scan_few(const Sheet *sheet, const double *x, const double *y, int n, Py_ssize_t first,
                     Py_ssize_t last, int32_t number)
{
    double at[FEW];
    for (Py_ssize_t row = first; row < last; row++) {
        double middle = (double)row + 0.5;
        int found = 0;
        for (int i = 0, j = n - 1; i < n; j = i++)
            if ((y[j] <= middle) != (y[i] <= middle)) at[found++] = crossing(x[j], y[j], x[i], y[i], middle);
        if (found == 2) {
            if (at[0] < at[1]) put_span(sheet, row, at[0], at[1], number);
            else put_span(sheet, row, at[1], at[0], number);
        } else {
            sort_doubles(at, found);
            for (int i = 0; i + 1 < found; i += 2) put_span(sheet, row, at[i], at[i + 1], number);
        }
    }
}

static int make_room(Store *store, Py_ssize_t crossings, Py_ssize_t rows)
{
    if (crossings > store->room) {
        double *more = realloc(store->crossings, (size_t)crossings * sizeof(double));
        if (!more) return -1;
        store->crossings = more;
        store->room = crossings;
    }
    if (rows > store->row_room) {
        Py_ssize_t *more = realloc(store->rows, (size_t)rows * sizeof(Py_ssize_t));
        if (!more) return -1;
        store->rows = more;
        store->row_room = rows;
    }
    return 0;
}

static inline void edge_rows(double y0, double y1, Py_ssize_t first, Py_ssize_t last, Py_ssize_t *from,
                             Py_ssize_t *to)
{
    if (!(y0 - y1 < INFINITY && y1 - y0 < INFINITY)) { *from = *to = first; return; }   /* no finite edge */
    double low = y0 < y1 ? y0 : y1, high = y0 < y1 ? y1 : y0;
    *from = ceiled(low - 0.5, first, last);
    *to = ceiled(high - 0.5, first, last);
}

/* Any area: the crossings of all its edges, row by row. */
static int scan_many(const Layer *layer, const Sheet *sheet, Py_ssize_t area, Py_ssize_t first, Py_ssize_t last,
                     Store *store)
{
    Py_ssize_t rows = last - first;
    if (make_room(store, 0, rows + 1)) return -1;
    memset(store->rows, 0, (size_t)(rows + 1) * sizeof(Py_ssize_t));
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t ring = first_ring(layer, area), after = first_ring(layer, area + 1); ring < after; ring++) {
            uint32_t begin = layer->rings[ring], end = layer->rings[ring + 1];
            if (begin >= end || (Py_ssize_t)end > layer->vertices || end - begin < 2) continue;
            double x0 = layer->xy[2 * (size_t)(end - 1)] * layer->sx + layer->ox;
            double y0 = layer->xy[2 * (size_t)(end - 1) + 1] * layer->sy + layer->oy;
            for (uint32_t v = begin; v < end; v++) {
                double x1 = layer->xy[2 * (size_t)v] * layer->sx + layer->ox;
                double y1 = layer->xy[2 * (size_t)v + 1] * layer->sy + layer->oy;
                Py_ssize_t from, to;
                edge_rows(y0, y1, first, last, &from, &to);
                if (!(fabs(x1 - x0) < INFINITY)) to = from;
                for (Py_ssize_t row = from; row < to; row++) {
                    if (turn == 0) store->rows[row - first + 1]++;
                    else store->crossings[store->rows[row - first]++] =
                        crossing(x0, y0, x1, y1, (double)row + 0.5);
                }
                x0 = x1;
                y0 = y1;
            }
        }
        if (turn == 0) {
            for (Py_ssize_t row = 0; row < rows; row++) store->rows[row + 1] += store->rows[row];
            if (make_room(store, store->rows[rows] + 1, 0)) return -1;
        }
    }
    /* Filling has moved every start to its end, which is the next one's start. */
    for (Py_ssize_t row = 0; row < rows; row++) {
        Py_ssize_t begin = row ? store->rows[row - 1] : 0, found = store->rows[row] - begin;
        double *at = store->crossings + begin;
        if (found > 24) qsort(at, (size_t)found, sizeof(double), compare_doubles);
        else sort_doubles(at, found);
        for (Py_ssize_t i = 0; i + 1 < found; i += 2)
            put_span(sheet, first + row, at[i], at[i + 1], (int32_t)area + 1);
    }
    return 0;
}

/* One area: thrown out early when no sample can lie in it. */
static int scan_area(const Layer *layer, const Sheet *sheet, Py_ssize_t area, Store *store)
{
    uint32_t ring = first_ring(layer, area), after = first_ring(layer, area + 1);
    if (ring >= after || (Py_ssize_t)after > layer->ring_count) return 0;
    uint32_t begin = layer->rings[ring], end = layer->rings[after];
    Py_ssize_t n = (Py_ssize_t)end - begin;
    if (n < 3 || (Py_ssize_t)end > layer->vertices) return 0;
    double xs[FEW], ys[FEW];
    double west = INFINITY, east = -INFINITY, north = INFINITY, south = -INFINITY;
    int few = after - ring == 1 && n <= FEW;
    for (Py_ssize_t v = 0; v < n; v++) {
        double x = layer->xy[2 * (size_t)(begin + v)] * layer->sx + layer->ox;
        double y = layer->xy[2 * (size_t)(begin + v) + 1] * layer->sy + layer->oy;
        if (few) { xs[v] = x; ys[v] = y; }
        west = x < west ? x : west;
        east = x > east ? x : east;
        north = y < north ? y : north;
        south = y > south ? y : south;
    }
    Py_ssize_t first = ceiled(north - 0.5, sheet->top, sheet->bottom);
    Py_ssize_t last = ceiled(south - 0.5, sheet->top, sheet->bottom);
    if (first >= last) return 0;
    if (clamped(west + 0.5, 0, sheet->width) >= clamped(east + 0.5, 0, sheet->width)) return 0;
    if (few) scan_few(sheet, xs, ys, (int)n, first, last, (int32_t)area + 1);
    else return scan_many(layer, sheet, area, first, last, store);
    return 0;
}

/* The groups whose boxes touch rows `top` to `bottom` of a picture `width` wide; -1 without memory. */
static int find_groups(const Layer *layer, Py_ssize_t width, Py_ssize_t top, Py_ssize_t bottom, Seen *seen)
{
    Py_ssize_t groups = (layer->count + GROUP - 1) / GROUP;
    *seen = (Seen){NULL, 0, NULL, NULL, 0, 0};
    seen->at = malloc((size_t)(groups ? groups : 1) * sizeof(Reach));
    if (!seen->at) return -1;
    for (Py_ssize_t group = 0; group < groups; group++) {
        const float *box = layer->boxes + 4 * group;
        double a = box[1] * layer->sy + layer->oy, b = box[3] * layer->sy + layer->oy;
        double west = box[0] * layer->sx + layer->ox, east = box[2] * layer->sx + layer->ox;
        double north = a < b ? a : b, south = a < b ? b : a;
        if (!(south >= (double)top && north <= (double)bottom)) continue;
        if (!(east >= 0.0 && west <= (double)width)) continue;
        Reach *found = seen->at + seen->count++;
        found->group = (int32_t)group;
        found->first = (int32_t)clamped(north - 1.0, top, bottom);
        found->last = (int32_t)clamped(south + 2.0, top, bottom);
    }
    return 0;
}

static inline Py_ssize_t band_of(const Seen *seen, Py_ssize_t row, Py_ssize_t count)
{
    Py_ssize_t band = row > seen->top ? (row - seen->top) / seen->rows : 0;
    return band < count ? band : count - 1;
}

/* Lists the groups for each of `count` bands, in their order; without memory every band asks all of them. */
static void list_bands(Seen *seen, Py_ssize_t top, Py_ssize_t rows, Py_ssize_t count)
{
    seen->top = top;
    seen->rows = rows;
    Py_ssize_t total = 0;
    for (Py_ssize_t at = 0; at < seen->count; at++)
        total += band_of(seen, seen->at[at].last, count) - band_of(seen, seen->at[at].first - 1, count) + 1;
    int32_t *bands = calloc((size_t)count + 2, sizeof(int32_t));
    seen->listed = total < INT32_MAX ? malloc((size_t)(total ? total : 1) * sizeof(int32_t)) : NULL;
    if (!bands || !seen->listed) { free(bands); return; }
    for (int turn = 0; turn < 2; turn++) {
        for (Py_ssize_t at = 0; at < seen->count; at++) {
            Py_ssize_t last = band_of(seen, seen->at[at].last, count);
            for (Py_ssize_t band = band_of(seen, seen->at[at].first - 1, count); band <= last; band++) {
                if (turn) seen->listed[bands[band + 1]++] = (int32_t)at;   /* its start, which becomes its end */
                else bands[band + 2]++;
            }
        }
        for (Py_ssize_t band = 0; !turn && band < count; band++) bands[band + 2] += bands[band + 1];
    }
    seen->bands = bands;
}

static void let_seen_go(Seen *seen)
{
    free(seen->at);
    free(seen->bands);
    free(seen->listed);
}

/* ------------------------------------------------------------------ quadrangles, four edges at once */
#if defined(__GNUC__)
#define ALWAYS static inline __attribute__((always_inline))
typedef double Four __attribute__((vector_size(32)));
typedef int64_t Flags __attribute__((vector_size(32)));

ALWAYS double least(Four v)
{
    double a = v[0] < v[1] ? v[0] : v[1], b = v[2] < v[3] ? v[2] : v[3];
    return a < b ? a : b;
}

ALWAYS double most(Four v)
{
    double a = v[0] > v[1] ? v[0] : v[1], b = v[2] > v[3] ? v[2] : v[3];
    return a > b ? a : b;
}

/* An area of one ring with four vertices: the same crossings, in the same arithmetic, as scan_few finds. */
ALWAYS void scan_quad(const Layer *layer, const Sheet *sheet, const float *xy, int32_t number)
{
    Four x = {xy[0], xy[2], xy[4], xy[6]}, y = {xy[1], xy[3], xy[5], xy[7]};
    x = x * layer->sx + layer->ox;
    y = y * layer->sy + layer->oy;
    Py_ssize_t first = ceiled(least(y) - 0.5, sheet->top, sheet->bottom);
    Py_ssize_t last = ceiled(most(y) - 0.5, sheet->top, sheet->bottom);
    if (first >= last) return;
    Four before_x = {x[3], x[0], x[1], x[2]}, before_y = {y[3], y[0], y[1], y[2]};
    Flags turned = before_y > y, rest = ~turned;
    Four low_x = (Four)(((Flags)x & turned) | ((Flags)before_x & rest));
    Four low_y = (Four)(((Flags)y & turned) | ((Flags)before_y & rest));
    Four high_y = (Four)(((Flags)before_y & turned) | ((Flags)y & rest));
    Four dx = (Four)(((Flags)before_x & turned) | ((Flags)x & rest)) - low_x, dy = high_y - low_y;
    const Four never = {INFINITY, INFINITY, INFINITY, INFINITY};
    int twice = turned[0] != turned[1] && turned[1] != turned[2] && turned[2] != turned[3];   /* up, down, up, down */
    for (Py_ssize_t row = first; row < last; row++) {
        double middle = (double)row + 0.5;
        Four at = (middle - low_y) * dx / dy + low_x;
        Flags crossed = (low_y <= middle) & (high_y > middle);
        if (twice) {
            double sorted[4];
            int kept = 0;
            for (int i = 0; i < 4; i++)
                if (crossed[i]) sorted[kept++] = at[i];
            sort_doubles(sorted, kept);
            for (int i = 0; i + 1 < kept; i += 2) put_span(sheet, row, sorted[i], sorted[i + 1], number);
            continue;
        }
        put_span(sheet, row, least((Four)(((Flags)at & crossed) | ((Flags)never & ~crossed))),
                 most((Four)(((Flags)at & crossed) | ((Flags)-never & ~crossed))), number);
    }
}

ALWAYS int scan_some(const Layer *layer, const Sheet *sheet, Py_ssize_t area, Py_ssize_t end, Store *store)
{
    for (; area < end; area++) {
        if (layer->classes[area] == NOT_DRAWN) continue;
        uint32_t ring = first_ring(layer, area);
        if (first_ring(layer, area + 1) == ring + 1 && (Py_ssize_t)ring < layer->ring_count) {
            uint32_t begin = layer->rings[ring];
            if (layer->rings[ring + 1] == begin + 4 && (Py_ssize_t)begin + 4 <= layer->vertices) {
                scan_quad(layer, sheet, layer->xy + 2 * (size_t)begin, (int32_t)area + 1);
                continue;
            }
        }
        if (scan_area(layer, sheet, area, store)) return -1;
    }
    return 0;
}

static int scan_plainly(const Layer *layer, const Sheet *sheet, Py_ssize_t area, Py_ssize_t end, Store *store)
{
    return scan_some(layer, sheet, area, end, store);
}

#if defined(__x86_64__)
__attribute__((target("avx2")))
static int scan_widely(const Layer *layer, const Sheet *sheet, Py_ssize_t area, Py_ssize_t end, Store *store)
{
    return scan_some(layer, sheet, area, end, store);
}
#define scan_best (__builtin_cpu_supports("avx2") ? scan_widely : scan_plainly)
#else
#define scan_best scan_plainly
#endif
#else
static int scan_best(const Layer *layer, const Sheet *sheet, Py_ssize_t area, Py_ssize_t end, Store *store)
{
    for (; area < end; area++)
        if (layer->classes[area] != NOT_DRAWN && scan_area(layer, sheet, area, store)) return -1;
    return 0;
}
#endif

static int scan_layer(const Layer *layer, const Sheet *sheet, const Seen *seen, Store *store)
{
    int (*scan)(const Layer *, const Sheet *, Py_ssize_t, Py_ssize_t, Store *) = scan_best;
    Py_ssize_t begin = 0, last = seen->count;
    if (seen->bands) {
        Py_ssize_t band = (sheet->top - seen->top) / seen->rows;
        begin = seen->bands[band];
        last = seen->bands[band + 1];
    }
    for (Py_ssize_t at = begin; at < last; at++) {
        const Reach *reach = seen->at + (seen->bands ? seen->listed[at] : at);
        if (reach->last < sheet->top || reach->first > sheet->bottom) continue;
        Py_ssize_t area = (Py_ssize_t)reach->group * GROUP;
        Py_ssize_t end = area + GROUP < layer->count ? area + GROUP : layer->count;
        if (scan(layer, sheet, area, end, store)) return -1;
    }
    return 0;
}

/* ------------------------------------------------------------------ buffers from Python */
enum { XY, RINGS, AREAS, BOXES, CLASSES, LAYER_PARTS };

static inline Py_ssize_t start_at(const Held *starts, Py_ssize_t i)
{
    if (starts->view.itemsize == 2) return ((const uint16_t *)starts->view.buf)[i];
    return ((const uint32_t *)starts->view.buf)[i];
}

/* Starts must count upwards and end where the next array ends: nothing outside a buffer is ever read. */
static int counts_up(const Held *starts, Py_ssize_t end)
{
    Py_ssize_t count = items(starts);
    if (count < 1 || start_at(starts, 0) != 0 || start_at(starts, count - 1) != end) return 0;
    for (Py_ssize_t i = 1; i < count; i++)
        if (start_at(starts, i) < start_at(starts, i - 1)) return 0;
    return 1;
}

/* What the parts of a layer are; the starts of areas are uint32, or uint16 where that holds them. */
static const char *const part_kinds[] = {"f4", "i4", "i24", "f4", "i1"};
static const char *const part_names[] = {"xy", "rings", "areas", "boxes", "classes"};

static int hold_layer(PyObject *parts, Held *held, Layer *layer)
{
    for (int i = 0; i < LAYER_PARTS; i++) {
        PyObject *part = PySequence_GetItem(parts, i);
        if (!part) return -1;
        int bad = hold(part, &held[i], 0, part_kinds[i], part_names[i]);
        Py_DECREF(part);
        if (bad) return -1;
    }
    layer->count = items(&held[AREAS]) - 1;
    layer->ring_count = items(&held[RINGS]) - 1;
    layer->vertices = items(&held[XY]) / 2;
    if (layer->vertices > (Py_ssize_t)UINT32_MAX || layer->count >= INT32_MAX || layer->count < 0
        || layer->ring_count < 0
        || items(&held[BOXES]) != 4 * ((layer->count + GROUP - 1) / GROUP)
        || items(&held[CLASSES]) != layer->count) {
        PyErr_SetString(PyExc_ValueError, "the arrays of the layer do not fit each other");
        return -1;
    }
    layer->xy = held[XY].view.buf;
    layer->rings = held[RINGS].view.buf;
    if (held[AREAS].view.itemsize == 2) layer->few_areas = held[AREAS].view.buf;
    else layer->areas = held[AREAS].view.buf;
    layer->boxes = held[BOXES].view.buf;
    layer->classes = held[CLASSES].view.buf;
    return 0;
}

PyDoc_STRVAR(check_doc, "check(xy, rings, areas)\n\nRaise ValueError unless the starts count upwards to the end.");

static PyObject *check(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *objects[3];
    Held held[3] = {0};
    int good = 0;
    if (!PyArg_ParseTuple(args, "OOO", &objects[0], &objects[1], &objects[2])) return NULL;
    for (int i = 0; i < 3; i++)
        if (hold(objects[i], &held[i], 0, part_kinds[i], part_names[i])) goto done;
    good = counts_up(&held[1], items(&held[0]) / 2) && counts_up(&held[2], items(&held[1]) - 1);
    if (!good) PyErr_SetString(PyExc_ValueError, "starts of rings or areas are out of order");
done:
    let_go(held, 3);
    if (!good) return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(boxes_doc, "boxes(xy, rings, areas, out)\n\nThe box around every 32 areas (float32 west, south, east, north).");

static PyObject *boxes(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *objects[4];
    Held held[4] = {0};
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "OOOO", &objects[0], &objects[1], &objects[2], &objects[3])) return NULL;
    for (int i = 0; i < 4; i++)
        if (hold(objects[i], &held[i], i == 3 ? WRITTEN : 0, i == 2 ? "i4" : part_kinds[i], part_names[i])) goto done;
    Py_ssize_t count = items(&held[2]) - 1;
    if (count < 0 || items(&held[3]) != 4 * ((count + GROUP - 1) / GROUP)) {
        PyErr_SetString(PyExc_ValueError, "out does not fit the areas");
        goto done;
    }
    const float *xy = held[0].view.buf;
    const uint32_t *rings = held[1].view.buf, *areas = held[2].view.buf;
    float *out = held[3].view.buf;
    for (Py_ssize_t group = 0; group * GROUP < count; group++) {
        Py_ssize_t end = (group + 1) * GROUP < count ? (group + 1) * GROUP : count;
        float *box = out + 4 * group;
        box[0] = box[1] = INFINITY;
        box[2] = box[3] = -INFINITY;
        if ((Py_ssize_t)areas[group * GROUP] >= items(&held[1]) || (Py_ssize_t)areas[end] >= items(&held[1])) continue;
        size_t last = rings[areas[end]];
        if (last > (size_t)items(&held[0]) / 2) continue;
        for (size_t v = rings[areas[group * GROUP]]; v < last; v++) {
            float x = xy[2 * v], y = xy[2 * v + 1];
            box[0] = x < box[0] ? x : box[0];
            box[1] = y < box[1] ? y : box[1];
            box[2] = x > box[2] ? x : box[2];
            box[3] = y > box[3] ? y : box[3];
        }
    }
    result = Py_None;
    Py_INCREF(result);
done:
    let_go(held, 4);
    return result;
}

PyDoc_STRVAR(numbers_doc,
             "numbers(layer, place, out, width)\n\nFill `out` (int32, rows of `width`) with the number of the last area, "
             "counted from 1, at each pixel's middle; 0 where there is none.\n"
             "`layer` is (xy, rings, areas, boxes, classes), `place` (sx, ox, sy, oy).");

static PyObject *numbers(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *parts, *target, *result = NULL;
    Held held[LAYER_PARTS + 1] = {0};
    Layer layer = {0};
    Py_ssize_t width;
    if (!PyArg_ParseTuple(args, "O(dddd)On", &parts, &layer.sx, &layer.ox, &layer.sy, &layer.oy, &target, &width))
        return NULL;
    if (hold_layer(parts, held, &layer)) goto done;
    if (hold(target, &held[LAYER_PARTS], WRITTEN, "i4", "out")) goto done;
    if (width < 1 || items(&held[LAYER_PARTS]) % width || items(&held[LAYER_PARTS]) / width > MOST_PIXELS) {
        PyErr_SetString(PyExc_ValueError, "out is no whole number of rows");
        goto done;
    }
    Sheet sheet = {held[LAYER_PARTS].view.buf, width, 0, items(&held[LAYER_PARTS]) / width, NULL};
    Store store = {0};
    int failed;
    Seen seen;
    Py_BEGIN_ALLOW_THREADS
    memset(sheet.cells, 0, (size_t)held[LAYER_PARTS].view.len);
    failed = find_groups(&layer, sheet.width, sheet.top, sheet.bottom, &seen)
             || scan_layer(&layer, &sheet, &seen, &store);
    let_seen_go(&seen);
    free(store.crossings);
    free(store.rows);
    Py_END_ALLOW_THREADS
    if (failed) { PyErr_NoMemory(); goto done; }
    result = Py_None;
    Py_INCREF(result);
done:
    let_go(held, LAYER_PARTS + 1);
    return result;
}

/* ------------------------------------------------------------------ colours */
typedef struct {
    const uint32_t *fills;    /* premultiplied ARGB of each of the 256 classes */
    const uint32_t *lines;    /* the same with the class's outline over it, then 256 of the outline alone */
} Colours;

static inline uint32_t mean4(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t mask = 0x00ff00ffu;
    uint32_t low = (a & mask) + (b & mask) + (c & mask) + (d & mask) + 0x00020002u;
    uint32_t high = ((a >> 8) & mask) + ((b >> 8) & mask) + ((c >> 8) & mask) + ((d >> 8) & mask) + 0x00020002u;
    return ((low >> 2) & mask) | (((high >> 2) & mask) << 8);
}

static inline uint32_t sample(const Layer *layer, const Colours *colours, int32_t here, int32_t right, int32_t below)
{
    if (here == right && here == below)
        return here ? colours->fills[layer->classes[here - 1]] : 0;
    int32_t whose = here ? here : (right ? right : below);
    return (here ? colours->lines : colours->lines + 256)[layer->classes[whose - 1]];
}

#define AT_ONCE 8   /* pixels that are looked at together: most lie wholly in one area where areas are large */

/* Where samples differ from those they are drawn beside: nought at both samples of a pixel that is all of one area. */
static void find_edges(const int32_t *row, Py_ssize_t stride, int32_t *edges, Py_ssize_t from, Py_ssize_t to)
{
    const int32_t *next = row + stride, *last = next + stride;
    for (Py_ssize_t x = 2 * from; x < 2 * to; x++)
        edges[x] = (row[x] ^ row[x + 1]) | (row[x] ^ next[x]) | (next[x] ^ next[x + 1]) | (next[x] ^ last[x]);
}

static inline int64_t edge_at(const int32_t *edges, Py_ssize_t x)
{
    int64_t both;
    memcpy(&both, edges + 2 * x, sizeof both);
    return both;
}

/* Two rows of samples (and the one below them) become one row of pixels. Rows have a spare sample at the end. */
static void blend_row(const Layer *layer, const Colours *colours, const int32_t *row, Py_ssize_t stride,
                      const int32_t *edges, uint32_t *out, Py_ssize_t from, Py_ssize_t to)
{
    for (Py_ssize_t x = from; x < to;) {
        Py_ssize_t until = x + AT_ONCE < to ? x + AT_ONCE : to;
        int64_t differ = until - x - AT_ONCE;
        for (Py_ssize_t at = x; at < until; at++) differ |= edge_at(edges, at);
        if (!differ) {
            int32_t whose = row[2 * x];
            uint32_t colour = whose ? colours->fills[layer->classes[whose - 1]] : 0;
            for (; x < until; x++) out[x] = colour;
            continue;
        }
        for (; x < until; x++) {
            const int32_t *here = row + 2 * x, *next = here + stride, *last = next + stride;
            int32_t a = here[0], b = here[1], c = next[0], d = next[1];
            if (!edge_at(edges, x)) {
                out[x] = a ? colours->fills[layer->classes[a - 1]] : 0;
                continue;
            }
            out[x] = mean4(sample(layer, colours, a, b, c), sample(layer, colours, b, here[2], d),
                           sample(layer, colours, c, d, last[0]), sample(layer, colours, d, next[2], last[1]));
        }
    }
}

/* The pixels that three rows of samples can colour: an outline reaches one sample to the left of an area. */
static Span reached(const Span *rows, Py_ssize_t width)
{
    Span all = {width, 0};
    for (int at = 0; at < 3; at++) {
        if (rows[at].first >= rows[at].last) continue;
        Py_ssize_t first = rows[at].first / 2 - 1, last = rows[at].last / 2 + 1;
        if (first < all.first) all.first = first < 0 ? 0 : first;
        if (last > all.last) all.last = last > width ? width : last;
    }
    if (all.first > all.last) all.first = all.last = 0;
    return all;
}

typedef struct { uint32_t *at; Py_ssize_t stride, width; } Paper;   /* premultiplied ARGB, from its corner on */

/* A row of premultiplied colours over those that are there; most are opaque, or nothing. */
static void lay_row(uint32_t *below, const uint32_t *top, Py_ssize_t count)
{
    for (Py_ssize_t x = 0; x < count;) {
        Py_ssize_t until = x + AT_ONCE < count ? x + AT_ONCE : count;
        uint32_t every = until == x + AT_ONCE ? ~0u : 0;
        for (Py_ssize_t at = x; at < until; at++) every &= top[at];
        if (every >> 24 == 255) {
            memcpy(below + x, top + x, AT_ONCE * sizeof(uint32_t));
            x = until;
            continue;
        }
        for (; x < until; x++) {
            uint32_t rest = 255 - (top[x] >> 24);
            if (!rest) { below[x] = top[x]; continue; }
            uint32_t low = (below[x] & 0x00ff00ffu) * rest, high = ((below[x] >> 8) & 0x00ff00ffu) * rest;
            low = ((low + ((low >> 8) & 0x00ff00ffu) + 0x00800080u) >> 8) & 0x00ff00ffu;
            high = (high + ((high >> 8) & 0x00ff00ffu) + 0x00800080u) & 0xff00ff00u;
            below[x] = top[x] + low + high;
        }
    }
}

static int draw_bands(const Layer *layer, const Colours *colours, const Paper *paper, Py_ssize_t first, Py_ssize_t last)
{
    Py_ssize_t width = paper->width, stride = 2 * width + 2;
    Py_ssize_t band = BAND_BYTES / (stride * (Py_ssize_t)sizeof(int32_t)) / 2;
    if (band < 8) band = 8;
    if (band > last - first) band = last - first;
    Store store = {0};
    Seen seen;
    int failed = find_groups(layer, stride, 2 * first, 2 * last + 1, &seen);
    if (!failed && last > first) list_bands(&seen, 2 * first, 2 * band, (last - first + band - 1) / band);
    int32_t *cells = calloc((size_t)(2 * band + 1) * (size_t)stride, sizeof(int32_t));
    int32_t *edges = malloc((size_t)stride * sizeof(int32_t));
    uint32_t *line = malloc((size_t)(width + 1) * sizeof(uint32_t));
    Span *touched = malloc((size_t)(2 * band + 1) * sizeof(Span));
    if (!cells || !edges || !line || !touched) failed = -1;
    for (Py_ssize_t row = first; row < last && !failed; row += band) {
        Py_ssize_t rows = row + band < last ? band : last - row;
        Sheet sheet = {cells, stride, 2 * row, 2 * (row + rows) + 1, touched};
        for (Py_ssize_t at = 0; at < 2 * rows + 1; at++) touched[at] = (Span){stride, 0};
        failed = scan_layer(layer, &sheet, &seen, &store);
        for (Py_ssize_t at = 0; at < rows; at++) {
            Span span = reached(touched + 2 * at, width);
            const int32_t *samples = cells + 2 * at * stride;
            find_edges(samples, stride, edges, span.first, span.last);
            blend_row(layer, colours, samples, stride, edges, line, span.first, span.last);
            lay_row(paper->at + (row + at) * paper->stride + span.first, line + span.first, span.last - span.first);
        }
        for (Py_ssize_t at = 0; at < 2 * rows + 1; at++)
            if (touched[at].first < touched[at].last)
                memset(cells + at * stride + touched[at].first, 0,
                       (size_t)(touched[at].last - touched[at].first) * sizeof(int32_t));
    }
    free(touched);
    free(line);
    free(edges);
    free(cells);
    let_seen_go(&seen);
    free(store.crossings);
    free(store.rows);
    return failed;
}

PyDoc_STRVAR(draw_doc,
             "draw(layer, place, colours, out, stride, frame, first, last)\n\nDraw rows `first` to `last` of the frame (left, top, "
             "right, bottom) of `out` (premultiplied ARGB32, rows of `stride`), smoothed,\nover what is there. `place` is for two "
             "samples a pixel each way, from the frame's corner; `colours` are 768 uint32: fills, outlines over fills, outlines "
             "over nothing.");

static PyObject *draw(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *parts, *table, *target, *result = NULL;
    Held held[LAYER_PARTS + 2] = {0};
    Held *colours_held = &held[LAYER_PARTS], *out_held = &held[LAYER_PARTS + 1];
    Layer layer = {0};
    Py_ssize_t stride, left, top, right, bottom, first, last;
    if (!PyArg_ParseTuple(args, "O(dddd)OOn(nnnn)nn", &parts, &layer.sx, &layer.ox, &layer.sy, &layer.oy, &table, &target,
                          &stride, &left, &top, &right, &bottom, &first, &last))
        return NULL;
    if (hold_layer(parts, held, &layer)) goto done;
    if (hold(table, colours_held, 0, "i4", "colours")) goto done;
    if (hold(target, out_held, WRITTEN, "i4", "out")) goto done;
    if (left < 0 || left >= right || right > stride || stride > MOST_PIXELS || top < 0 || top > bottom
        || bottom > MOST_PIXELS || bottom * stride > items(out_held) || first < 0 || first > last || last > bottom - top
        || items(colours_held) != 768) {
        PyErr_SetString(PyExc_ValueError, "rows, frame, colours and out do not fit each other");
        goto done;
    }
    Colours colours = {colours_held->view.buf, (const uint32_t *)colours_held->view.buf + 256};
    Paper paper = {(uint32_t *)out_held->view.buf + top * stride + left, stride, right - left};
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = draw_bands(&layer, &colours, &paper, first, last);
    Py_END_ALLOW_THREADS
    if (failed) { PyErr_NoMemory(); goto done; }
    result = Py_None;
    Py_INCREF(result);
done:
    let_go(held, LAYER_PARTS + 2);
    return result;
}

/* ------------------------------------------------------------------ which areas touch a box */
typedef struct { double west, south, east, north; } Box;

/* How an area lies to a box: 0 outside, 1 its bounding box touches. */
static int touches(const Layer *layer, Py_ssize_t area, const Box *box)
{
    uint32_t ring = first_ring(layer, area), after = first_ring(layer, area + 1);
    if (ring >= after || (Py_ssize_t)after > layer->ring_count) return 0;
    uint32_t begin = layer->rings[ring], end = layer->rings[after];
    if (begin >= end || (Py_ssize_t)end > layer->vertices) return 0;
    float west = INFINITY, south = INFINITY, east = -INFINITY, north = -INFINITY;
    for (size_t v = begin; v < end; v++) {
        float x = layer->xy[2 * v], y = layer->xy[2 * v + 1];
        west = x < west ? x : west;
        east = x > east ? x : east;
        south = y < south ? y : south;
        north = y > north ? y : north;
    }
    return west <= box->east && east >= box->west && south <= box->north && north >= box->south;
}

/* Counts the areas that touch by class and, with `rows`, lists them in order. */
static uint32_t look(const Layer *layer, const Box *box, uint32_t *tally, uint32_t *rows)
{
    uint32_t found = 0;
    for (Py_ssize_t group = 0; group * GROUP < layer->count; group++) {
        const float *at = layer->boxes + 4 * group;
        if (!(at[0] <= box->east && at[2] >= box->west && at[1] <= box->north && at[3] >= box->south)) continue;
        int whole = at[0] >= box->west && at[2] <= box->east && at[1] >= box->south && at[3] <= box->north;
        Py_ssize_t end = (group + 1) * GROUP < layer->count ? (group + 1) * GROUP : layer->count;
        for (Py_ssize_t area = group * GROUP; area < end; area++) {
            uint8_t class = layer->classes[area];
            if (class == NOT_DRAWN) continue;
            if (whole ? first_ring(layer, area) == first_ring(layer, area + 1) : !touches(layer, area, box)) continue;
            tally[class]++;
            if (rows) rows[found] = (uint32_t)area;
            found++;
        }
    }
    return found;
}

PyDoc_STRVAR(touching_doc,
             "touching(layer, box, tally, rows) -> int\n\nHow many drawn areas have a bounding box that touches `box` (west, "
             "south, east, north about the layer's origin).\nAdds to `tally` (256 uint32) by class; lists them in `rows` "
             "(uint32, as long as the layer) unless that is None.");

static PyObject *touching(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *parts, *tally, *rows, *result = NULL;
    Held held[LAYER_PARTS + 2] = {0};
    Held *tally_held = &held[LAYER_PARTS], *rows_held = &held[LAYER_PARTS + 1];
    Layer layer = {0};
    Box box;
    if (!PyArg_ParseTuple(args, "O(dddd)OO", &parts, &box.west, &box.south, &box.east, &box.north, &tally, &rows))
        return NULL;
    if (hold_layer(parts, held, &layer)) goto done;
    if (hold(tally, tally_held, WRITTEN, "i4", "tally")) goto done;
    if (rows != Py_None && hold(rows, rows_held, WRITTEN, "i4", "rows")) goto done;
    if (items(tally_held) != 256 || (rows_held->held && items(rows_held) < layer.count)) {
        PyErr_SetString(PyExc_ValueError, "tally or rows do not fit the layer");
        goto done;
    }
    uint32_t found;
    Py_BEGIN_ALLOW_THREADS
    found = look(&layer, &box, tally_held->view.buf, rows_held->held ? rows_held->view.buf : NULL);
    Py_END_ALLOW_THREADS
    result = PyLong_FromUnsignedLong(found);
done:
    let_go(held, LAYER_PARTS + 2);
    return result;
}

static PyMethodDef methods[] = {
    {"check", check, METH_VARARGS, check_doc},
    {"boxes", boxes, METH_VARARGS, boxes_doc},
    {"numbers", numbers, METH_VARARGS, numbers_doc},
    {"draw", draw, METH_VARARGS, draw_doc},
    {"touching", touching, METH_VARARGS, touching_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_scan", "Scan conversion of many small areas.", -1, methods,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__scan(void)
{
    PyObject *made = PyModule_Create(&module);
    if (made && (PyModule_AddFunctions(made, unpack_methods) || PyModule_AddFunctions(made, ink_methods)
                 || PyModule_AddFunctions(made, board_methods) || PyModule_AddFunctions(made, mesh_methods))) {
        Py_DECREF(made);
        return NULL;
    }
    return made;
}
