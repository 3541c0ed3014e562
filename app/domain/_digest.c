/* The shares of cells in an area's digest (digest.py says what they are), a whole record at a time.
 *
 * BLAKE2b of 16 bytes after RFC 7693. A share is the hash of entity, uid, field and value with zeroes between
 * them, read as a little-endian number; a record's is the sum of its cells', cut to 128 bits. Kinds of values that are
 * rare here are brought into bytes by the caller's function `other`. Only the stable ABI of Python 3.11 is used.
 */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 128

typedef struct { uint64_t low, high; } Share;

typedef struct {
    uint64_t state[8];
    uint64_t counted;          /* bytes in the blocks that have been mixed in; never near 2^64 */
    size_t filled;
    uint8_t block[BLOCK];
} Hash;

static const uint64_t BEGIN[8] = {
    0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
    0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u,
};

static const uint8_t ORDER[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint64_t turned(uint64_t value, int by) { return value >> by | value << (64 - by); }

static inline uint64_t loaded(const uint8_t *at)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--) value = value << 8 | at[i];
    return value;
}

#define MIX(a, b, c, d, x, y) do { \
        a += b + (x); d = turned(d ^ a, 32); c += d; b = turned(b ^ c, 24); \
        a += b + (y); d = turned(d ^ a, 16); c += d; b = turned(b ^ c, 63); \
    } while (0)

#define ROUND(n) do { \
        MIX(v[0], v[4], v[8], v[12], m[ORDER[n][0]], m[ORDER[n][1]]); \
        MIX(v[1], v[5], v[9], v[13], m[ORDER[n][2]], m[ORDER[n][3]]); \
        MIX(v[2], v[6], v[10], v[14], m[ORDER[n][4]], m[ORDER[n][5]]); \
        MIX(v[3], v[7], v[11], v[15], m[ORDER[n][6]], m[ORDER[n][7]]); \
        MIX(v[0], v[5], v[10], v[15], m[ORDER[n][8]], m[ORDER[n][9]]); \
        MIX(v[1], v[6], v[11], v[12], m[ORDER[n][10]], m[ORDER[n][11]]); \
        MIX(v[2], v[7], v[8], v[13], m[ORDER[n][12]], m[ORDER[n][13]]); \
        MIX(v[3], v[4], v[9], v[14], m[ORDER[n][14]], m[ORDER[n][15]]); \
    } while (0)

/* Mix a full block in. */
static void mix(Hash *hash, int last)
{
    uint64_t v[16], m[16];
    for (int i = 0; i < 16; i++) m[i] = loaded(hash->block + 8 * i);
    memcpy(v, hash->state, sizeof hash->state);
    memcpy(v + 8, BEGIN, sizeof BEGIN);
    v[12] ^= hash->counted;
    if (last) v[14] = ~v[14];
    ROUND(0); ROUND(1); ROUND(2); ROUND(3); ROUND(4); ROUND(5); /* written out, so that the order is known */
    ROUND(6); ROUND(7); ROUND(8); ROUND(9); ROUND(0); ROUND(1); /* when this is compiled */
    for (int i = 0; i < 8; i++) hash->state[i] ^= v[i] ^ v[i + 8];
}

static void begin(Hash *hash)
{
    memcpy(hash->state, BEGIN, sizeof BEGIN);
    hash->state[0] ^= 0x01010000u ^ 16u; /* no key, one lane, 16 bytes */
    hash->counted = hash->filled = 0;
}

/* The last block is never mixed here: only the end knows that it is the last. */
static void add(Hash *hash, const void *data, size_t length)
{
    const uint8_t *at = data;
    while (length) {
        if (hash->filled == BLOCK) {
            hash->counted += BLOCK;
            mix(hash, 0);
            hash->filled = 0;
        }
        size_t room = BLOCK - hash->filled, taken = length < room ? length : room;
        memcpy(hash->block + hash->filled, at, taken);
        hash->filled += taken;
        at += taken;
        length -= taken;
    }
}

static Share ended(Hash *hash)
{
    memset(hash->block + hash->filled, 0, BLOCK - hash->filled);
    hash->counted += hash->filled;
    mix(hash, 1);
    Share share = {hash->state[0], hash->state[1]};
    return share;
}

static int add_text(Hash *hash, PyObject *text, const char *what, const char *after, size_t length)
{
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "%s: a text is wanted", what);
        return -1;
    }
    Py_ssize_t size;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &size);
    if (!bytes) return -1;
    add(hash, bytes, (size_t)size);
    add(hash, after, length);
    return 0;
}

static int add_other(Hash *hash, PyObject *value, PyObject *other)
{
    PyObject *written = PyObject_CallFunctionObjArgs(other, value, NULL);
    if (!written) return -1;
    char *bytes;
    Py_ssize_t size;
    int failed = PyBytes_AsStringAndSize(written, &bytes, &size);
    if (!failed) add(hash, bytes, (size_t)size);
    Py_DECREF(written);
    return failed;
}

static int add_number(Hash *hash, PyObject *value)
{
    double number = PyFloat_AsDouble(value) + 0.0; /* makes -0.0 and 0.0 the same */
    uint64_t bits;
    uint8_t bytes[9] = {'f'};
    memcpy(&bits, &number, sizeof bits);
    for (int i = 0; i < 8; i++) bytes[i + 1] = (uint8_t)(bits >> (8 * i));
    add(hash, bytes, sizeof bytes);
    return 0;
}

static int add_integer(Hash *hash, PyObject *value, PyObject *other)
{
    int beyond;
    long long number = PyLong_AsLongLongAndOverflow(value, &beyond);
    if (beyond) return add_other(hash, value, other);
    char text[24];
    int length = PyOS_snprintf(text, sizeof text, "i%lld", number);
    add(hash, text, (size_t)length);
    return 0;
}

/* A value with its type. */
static int add_value(Hash *hash, PyObject *value, PyObject *other)
{
    if (PyUnicode_CheckExact(value)) {
        add(hash, "s", 1);
        return add_text(hash, value, "value", "", 0);
    }
    if (PyFloat_CheckExact(value)) return add_number(hash, value);
    if (PyBytes_CheckExact(value)) {
        add(hash, "g", 1);
        add(hash, PyBytes_AsString(value), (size_t)PyBytes_Size(value));
        return 0;
    }
    if (PyBool_Check(value)) {
        add(hash, value == Py_True ? "b1" : "b0", 2);
        return 0;
    }
    if (PyLong_CheckExact(value)) return add_integer(hash, value, other);
    return add_other(hash, value, other);
}

static int is_unknown(PyObject *value)
{
    return value == Py_None || (PyList_Check(value) && !PyList_Size(value))
        || (PyTuple_Check(value) && !PyTuple_Size(value));
}

static PyObject *as_number(Share share)
{
    PyObject *high = PyLong_FromUnsignedLongLong(share.high), *low = PyLong_FromUnsignedLongLong(share.low);
    PyObject *by = PyLong_FromLong(64), *raised = high && by ? PyNumber_Lshift(high, by) : NULL;
    PyObject *found = raised && low ? PyNumber_Or(raised, low) : NULL;
    Py_XDECREF(high);
    Py_XDECREF(low);
    Py_XDECREF(by);
    Py_XDECREF(raised);
    return found;
}

static int begin_record(Hash *hash, PyObject *entity, PyObject *uid)
{
    begin(hash);
    return add_text(hash, entity, "entity", "", 1) || add_text(hash, uid, "uid", "", 1) ? -1 : 0;
}

/* Add one cell's share to a sum; `start` has entity and uid. */
static int count(const Hash *start, PyObject *field, PyObject *value, PyObject *other, Share *sum)
{
    if (is_unknown(value)) return 0;
    Hash hash = *start;
    if (add_text(&hash, field, "field", "", 1) || add_value(&hash, value, other)) return -1;
    Share share = ended(&hash);
    sum->low += share.low;
    sum->high += share.high + (sum->low < share.low);
    return 0;
}

PyDoc_STRVAR(cell_doc, "cell(entity, uid, field, value, other) -> int\n\nThe share of one cell. `other(value)` gives the bytes "
                       "of a value of another type than text, number, bytes and truth value.");

static PyObject *cell(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *entity, *uid, *field, *value, *other;
    if (!PyArg_ParseTuple(args, "UUUOO:cell", &entity, &uid, &field, &value, &other)) return NULL;
    Hash start;
    Share sum = {0, 0};
    if (begin_record(&start, entity, uid) || count(&start, field, value, other, &sum)) return NULL;
    return as_number(sum);
}

PyDoc_STRVAR(row_doc, "row(entity, uid, cells, other) -> int\n\nThe share of a whole record; `cells` is a dict, `other` as with cell.");

static PyObject *row(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *entity, *uid, *cells, *other, *field, *value;
    if (!PyArg_ParseTuple(args, "UUO!O:row", &entity, &uid, &PyDict_Type, &cells, &other)) return NULL;
    Hash start;
    Share sum = {0, 0};
    Py_ssize_t place = 0;
    if (begin_record(&start, entity, uid)) return NULL;
    while (PyDict_Next(cells, &place, &field, &value)) {
        Py_INCREF(field); /* `other` may do anything, also to the dict */
        Py_INCREF(value);
        int failed = count(&start, field, value, other, &sum);
        Py_DECREF(field);
        Py_DECREF(value);
        if (failed) return NULL;
    }
    return as_number(sum);
}

/* Count a field of a change: its new share is added, its old one taken away. */
static int count_change(const Hash *start, PyObject *field, PyObject *was, PyObject *is, PyObject *other, Share *sum)
{
    int same = was ? PyObject_RichCompareBool(was, is, Py_EQ) : is == Py_None;
    if (same) return same < 0 ? -1 : 0;
    Share gone = {0, 0};
    if (count(start, field, is, other, sum) || (was && count(start, field, was, other, &gone))) return -1;
    sum->high -= gone.high + (sum->low < gone.low);
    sum->low -= gone.low;
    return 0;
}

PyDoc_STRVAR(change_doc, "change(entity, uid, before, after, other) -> int\n\nBy how much the cells in the dict `after` raise a "
                         "digest, from 0 on, when the dict `before` has how they stood.");

static PyObject *change(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *entity, *uid, *before, *after, *other, *field, *is;
    if (!PyArg_ParseTuple(args, "UUO!O!O:change", &entity, &uid, &PyDict_Type, &before, &PyDict_Type, &after, &other)) return NULL;
    Hash start;
    Share sum = {0, 0};
    Py_ssize_t place = 0;
    if (begin_record(&start, entity, uid)) return NULL;
    while (PyDict_Next(after, &place, &field, &is)) {
        PyObject *was = PyDict_GetItemWithError(before, field);
        if (!was && PyErr_Occurred()) return NULL;
        Py_INCREF(field);
        Py_INCREF(is);
        Py_XINCREF(was);
        int failed = count_change(&start, field, was, is, other, &sum);
        Py_DECREF(field);
        Py_DECREF(is);
        Py_XDECREF(was);
        if (failed) return NULL;
    }
    return as_number(sum);
}

PyDoc_STRVAR(field_doc, "field(entity, field, cells, other) -> int\n\nBy how much cells of one field raise a digest, from 0 on; "
                        "`cells` is a list of tuples (uid, old value, new value).");

static PyObject *field(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *entity, *name, *cells, *other, *uid, *was, *is;
    if (!PyArg_ParseTuple(args, "UUO!O:field", &entity, &name, &PyList_Type, &cells, &other)) return NULL;
    Share sum = {0, 0};
    for (Py_ssize_t place = 0; place < PyList_Size(cells); place++) {
        PyObject *found = PyList_GetItem(cells, place);
        Hash start;
        Py_INCREF(found); /* `other` may do anything, also to the list */
        int failed = !PyTuple_Check(found) || !PyArg_ParseTuple(found, "UOO", &uid, &was, &is)
            || begin_record(&start, entity, uid) || count_change(&start, name, was, is, other, &sum);
        Py_DECREF(found);
        if (failed) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "a cell is a tuple");
            return NULL;
        }
    }
    return as_number(sum);
}

static PyMethodDef methods[] = {
    {"field", field, METH_VARARGS, field_doc},
    {"change", change, METH_VARARGS, change_doc},
    {"cell", cell, METH_VARARGS, cell_doc},
    {"row", row, METH_VARARGS, row_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_digest", "Shares of cells in an area's digest.", -1, methods,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__digest(void) { return PyModule_Create(&module); }
