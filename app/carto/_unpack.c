/* Reads areas out of GeoPackage blobs and identities out of their text into arrays, and sums an array's bytes.
 *
 * A blob is "GP", a version, flags, a reference system, an envelope and WKB (OGC 12-128r19, 2.1.3). What is no
 * little-endian two-dimensional polygon or multipolygon, or is cut short, is named and left to the caller.
 */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "_buffers.h"

typedef struct { const uint8_t *at; Py_ssize_t left; } Bytes;
typedef struct {
    double *xy;            /* NULL while counting */
    uint32_t *rings;
    Py_ssize_t vertices, ring_count;
} Target;

enum { GOOD = 0, STRANGE = 1, PLACELESS = 2 };

static int take(Bytes *from, void *into, Py_ssize_t size)
{
    if (from->left < size) return 0;
    memcpy(into, from->at, (size_t)size);
    from->at += size;
    from->left -= size;
    return 1;
}

static int skip_header(Bytes *from)
{
    static const int envelopes[] = {0, 32, 48, 48, 64};
    if (from->left < 8 || from->at[0] != 'G' || from->at[1] != 'P') return 0;
    int kind = (from->at[3] >> 1) & 7;
    if (kind > 4 || from->left < 8 + envelopes[kind]) return 0;
    from->at += 8 + envelopes[kind];
    from->left -= 8 + envelopes[kind];
    return 1;
}

static int head_of(Bytes *from, uint32_t *type, uint32_t *count)
{
    uint8_t order;
    return take(from, &order, 1) && order == 1 && take(from, type, 4) && take(from, count, 4);
}

/* Twice the area of a ring, positive anticlockwise, counted about its first vertex to keep digits. */
static double turning(const double *xy, Py_ssize_t n)
{
    double sum = 0.0;
    for (Py_ssize_t i = 1; i + 1 < n; i++)
        sum += (xy[2 * i] - xy[0]) * (xy[2 * i + 3] - xy[1]) - (xy[2 * i + 2] - xy[0]) * (xy[2 * i + 1] - xy[1]);
    return sum;
}

static void turn_round(double *xy, Py_ssize_t n)
{
    for (Py_ssize_t i = 0, j = n - 1; i < j; i++, j--) {
        double x = xy[2 * i], y = xy[2 * i + 1];
        xy[2 * i] = xy[2 * j];
        xy[2 * i + 1] = xy[2 * j + 1];
        xy[2 * j] = x;
        xy[2 * j + 1] = y;
    }
}

/* One ring, its repeated last vertex left out; outer rings run anticlockwise, holes clockwise. */
static int take_ring(Bytes *from, Target *target, int outer)
{
    uint32_t n;
    if (!take(from, &n, 4) || (Py_ssize_t)n > from->left / 16) return STRANGE;
    const uint8_t *raw = from->at;
    from->at += 16 * (Py_ssize_t)n;
    from->left -= 16 * (Py_ssize_t)n;
    Py_ssize_t kept = n > 1 && !memcmp(raw, raw + 16 * ((size_t)n - 1), 16) ? (Py_ssize_t)n - 1 : (Py_ssize_t)n;
    if (kept < 3) return GOOD;   /* no inside: left out */
    if (!target->xy) {
        for (Py_ssize_t i = 0; i < kept; i++) {
            double xy[2];
            memcpy(xy, raw + 16 * i, 16);
            if (!(xy[0] >= -180.0 && xy[0] <= 180.0 && xy[1] >= -90.0 && xy[1] <= 90.0)) return PLACELESS;
        }
    } else {
        double *xy = target->xy + 2 * target->vertices;
        memcpy(xy, raw, 16 * (size_t)kept);
        if ((turning(xy, kept) < 0.0) == outer) turn_round(xy, kept);
        target->rings[target->ring_count] = (uint32_t)target->vertices;
    }
    target->vertices += kept;
    target->ring_count++;
    return GOOD;
}

static int take_polygon(Bytes *from, uint32_t rings, Target *target)
{
    for (uint32_t ring = 0; ring < rings; ring++) {
        int how = take_ring(from, target, ring == 0);
        if (how) return how;
    }
    return GOOD;
}

static int take_area(Bytes from, Target *target)
{
    uint32_t type, count, part_type, rings;
    if (!skip_header(&from) || !head_of(&from, &type, &count)) return STRANGE;
    if (type == 3) return take_polygon(&from, count, target);
    if (type != 6) return STRANGE;
    for (uint32_t part = 0; part < count; part++) {
        if (!head_of(&from, &part_type, &rings) || part_type != 3) return STRANGE;
        int how = take_polygon(&from, rings, target);
        if (how) return how;
    }
    return GOOD;
}

/* The bytes of a tuple's items; None is an empty one. The tuple keeps them alive, whatever becomes of the list. */
static Bytes *bytes_of(PyObject *kept, Py_ssize_t count)
{
    Bytes *all = malloc((size_t)(count ? count : 1) * sizeof(Bytes));
    if (!all) { PyErr_NoMemory(); return NULL; }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyTuple_GetItem(kept, i);
        char *at = NULL;
        all[i].left = 0;
        if (item == Py_None) { all[i].at = NULL; continue; }
        if (!item || PyBytes_AsStringAndSize(item, &at, &all[i].left)) { free(all); return NULL; }
        all[i].at = (const uint8_t *)at;
    }
    return all;
}

PyDoc_STRVAR(measure_doc,
             "measure(blobs, found) -> (vertices, rings)\n\nHow much the areas of a list of GeoPackage blobs (or None) hold. `found` "
             "(uint8 each): 0 good, 1 not read here, 2 off the globe.");

static PyObject *measure(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *list, *how, *result = NULL;
    Held held[1] = {0};
    if (!PyArg_ParseTuple(args, "O!O", &PyList_Type, &list, &how)) return NULL;
    PyObject *kept = PyList_AsTuple(list);
    if (!kept) return NULL;
    Py_ssize_t count = PyTuple_Size(kept);
    Bytes *all = NULL;
    if (hold(how, held, WRITTEN, "i1", "found")) goto done;
    if (items(held) != count) {
        PyErr_SetString(PyExc_ValueError, "found does not fit the blobs");
        goto done;
    }
    all = bytes_of(kept, count);
    if (!all) goto done;
    uint8_t *found = held[0].view.buf;
    Target whole = {0};
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++) {
        Target one = {0};
        found[i] = (uint8_t)(all[i].at ? take_area(all[i], &one) : GOOD);
        if (found[i]) continue;
        whole.vertices += one.vertices;
        whole.ring_count += one.ring_count;
    }
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("nn", whole.vertices, whole.ring_count);
done:
    free(all);
    Py_DECREF(kept);
    let_go(held, 1);
    return result;
}

PyDoc_STRVAR(unpack_doc,
             "unpack(blobs, found, xy, rings, areas)\n\nRead the blobs that `measure` found good: xy float64 (2 a vertex), the first "
             "vertex of each ring and the first ring of each area (uint32, each with one more at the end).");

static PyObject *unpack(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *list, *objects[4], *result = NULL;
    Held held[4] = {0};
    static const char *wanted[] = {"i1", "f8", "i4", "i4"};
    if (!PyArg_ParseTuple(args, "O!OOOO", &PyList_Type, &list, &objects[0], &objects[1], &objects[2], &objects[3]))
        return NULL;
    PyObject *kept = PyList_AsTuple(list);
    if (!kept) return NULL;
    Py_ssize_t count = PyTuple_Size(kept);
    Bytes *all = NULL;
    for (int i = 0; i < 4; i++)
        if (hold(objects[i], &held[i], i ? WRITTEN : 0, wanted[i], "unpack")) goto done;
    const uint8_t *found = held[0].view.buf;
    uint32_t *areas = held[3].view.buf;
    if (items(&held[0]) != count || items(&held[3]) != count + 1 || items(&held[2]) < 1) goto unfit;
    all = bytes_of(kept, count);
    if (!all) goto done;
    Target target = {held[1].view.buf, held[2].view.buf, 0, 0};
    int fits = 1;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count && fits; i++) {
        areas[i] = (uint32_t)target.ring_count;
        if (!all[i].at || found[i]) continue;
        Target one = {0};   /* counted again: the buffers are sized by somebody else */
        fits = take_area(all[i], &one) == GOOD
               && target.vertices + one.vertices <= items(&held[1]) / 2
               && target.ring_count + one.ring_count <= items(&held[2]) - 1;
        if (fits) take_area(all[i], &target);
    }
    areas[count] = (uint32_t)target.ring_count;
    target.rings[target.ring_count] = (uint32_t)target.vertices;
    Py_END_ALLOW_THREADS
    if (!fits) goto unfit;
    result = Py_None;
    Py_INCREF(result);
    goto done;
unfit:
    PyErr_SetString(PyExc_ValueError, "the arrays do not fit the blobs");
done:
    free(all);
    Py_DECREF(kept);
    let_go(held, 4);
    return result;
}

PyDoc_STRVAR(digest_doc, "digest(buffer) -> int\n\n64 bits over the bytes, to see damage by accident (no protection against intent).");

static PyObject *digest(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *object;
    Held held[1] = {0};
    if (!PyArg_ParseTuple(args, "O", &object)) return NULL;
    if (hold(object, held, 0, "i1", "buffer")) { let_go(held, 1); return NULL; }
    const uint8_t *at = held[0].view.buf;
    size_t left = (size_t)held[0].view.len;
    uint64_t lanes[4] = {0x9E3779B97F4A7C15u ^ left, 0xC2B2AE3D27D4EB4Fu, 0x165667B19E3779F9u, 0x27D4EB2F165667C5u};
    Py_BEGIN_ALLOW_THREADS
    for (; left >= 32; left -= 32, at += 32)
        for (int lane = 0; lane < 4; lane++) {
            uint64_t word;
            memcpy(&word, at + 8 * lane, 8);
            lanes[lane] = (lanes[lane] ^ word) * 0xD6E8FEB86659FD93u;
            lanes[lane] ^= lanes[lane] >> 32;
        }
    for (; left; left--, at++) lanes[0] = (lanes[0] ^ *at) * 0xD6E8FEB86659FD93u;
    for (int lane = 1; lane < 4; lane++) {
        lanes[0] = (lanes[0] ^ lanes[lane]) * 0xD6E8FEB86659FD93u;
        lanes[0] ^= lanes[0] >> 29;
    }
    Py_END_ALLOW_THREADS
    let_go(held, 1);
    return PyLong_FromUnsignedLongLong(lanes[0]);
}

/* Eight hexadecimal digits as a number, eight letters at a time. */
static uint64_t eight_digits(const char *text)
{
    uint64_t found = 0;
    for (int at = 0; at < 8; at++) found |= (uint64_t)(uint8_t)text[at] << (56 - 8 * at);
    found = (found & 0x0f0f0f0f0f0f0f0fu) + 9 * ((found >> 6) & 0x0101010101010101u);
    found = (found | found >> 4) & 0x00ff00ff00ff00ffu;
    found = (found | found >> 8) & 0x0000ffff0000ffffu;
    return (found | found >> 16) & 0xffffffffu;
}

/* A UUID as we write it, as two numbers; 0 when it is none. */
static int take_identity(const char *text, Py_ssize_t length, uint64_t *pair)
{
    if (length != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return 0;
    char digits[32];
    memcpy(digits, text, 8);
    memcpy(digits + 8, text + 9, 4);
    memcpy(digits + 12, text + 14, 4);
    memcpy(digits + 16, text + 19, 4);
    memcpy(digits + 20, text + 24, 12);
    int bad = 0;
    for (int at = 0; at < 32; at++) {
        unsigned letter = (uint8_t)digits[at];
        bad |= (letter - '0' > 9) & (letter - 'a' > 5);
    }
    pair[0] = eight_digits(digits) << 32 | eight_digits(digits + 8);
    pair[1] = eight_digits(digits + 16) << 32 | eight_digits(digits + 24);
    return !bad;
}

PyDoc_STRVAR(identities_doc,
             "identities(uids, out) -> bool\n\nUUIDs of a list as two numbers each (uint64); False when one is no UUID as we write it.");

static PyObject *identities(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *list, *target;
    Held held[1] = {0};
    if (!PyArg_ParseTuple(args, "O!O", &PyList_Type, &list, &target)) return NULL;
    Py_ssize_t count = PyList_Size(list);
    if (hold(target, held, WRITTEN, "i8", "out")) { let_go(held, 1); return NULL; }
    if (items(held) != 2 * count) {
        let_go(held, 1);
        PyErr_SetString(PyExc_ValueError, "out does not fit the list");
        return NULL;
    }
    uint64_t *pairs = held[0].view.buf;
    int good = 1;
    for (Py_ssize_t i = 0; i < count && good; i++) {
        PyObject *item = PyList_GetItem(list, i);
        Py_ssize_t length = 0;
        const char *text = item && PyUnicode_Check(item) ? PyUnicode_AsUTF8AndSize(item, &length) : NULL;
        good = text && take_identity(text, length, pairs + 2 * i);
    }
    let_go(held, 1);
    PyErr_Clear();   /* what UTF-8 cannot hold is no identity either */
    return PyBool_FromLong(good);
}

PyMethodDef unpack_methods[] = {
    {"identities", identities, METH_VARARGS, identities_doc},
    {"measure", measure, METH_VARARGS, measure_doc},
    {"unpack", unpack, METH_VARARGS, unpack_doc},
    {"digest", digest, METH_VARARGS, digest_doc},
    {NULL, NULL, 0, NULL},
};
