/* Buffers that Python lends: held while C reads or writes them, with items of the kind that is wanted. */
#ifndef GRIDWARD_BUFFERS_H
#define GRIDWARD_BUFFERS_H

#define WRITTEN PyBUF_WRITABLE

typedef struct { Py_buffer view; int held; } Held;

/* Whether the items are fractions ('f') or whole numbers ('i'), in this machine's order of bytes. */
static inline char kind_of_items(const char *format)
{
    if (!format) return 'i';   /* bytes */
    if (*format == '@' || *format == '=') format++;
    if (!*format || format[1]) return '?';
    return strchr("fd", *format) ? 'f' : strchr("?bBhHiIlLqQ", *format) ? 'i' : '?';
}

/* Hold a buffer; `wanted` is a kind and the bytes an item may have, as "f4" or "i24"; `how` is WRITTEN or 0.
 * C-contiguous, and placed as items of that size must be. */
static inline int hold(PyObject *object, Held *held, int how, const char *wanted, const char *what)
{
    if (PyObject_GetBuffer(object, &held->view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | how)) return -1;
    held->held = 1;
    Py_ssize_t size = held->view.itemsize;
    int fits = size > 0 && size < 10 && strchr(wanted + 1, '0' + (int)size)
               && kind_of_items(held->view.format) == *wanted;
    if (fits && (uintptr_t)held->view.buf % (uintptr_t)size == 0) return 0;
    PyErr_Format(PyExc_ValueError, "%s: items of the kind %s wanted, each in its place", what, wanted);
    return -1;
}

static inline void let_go(Held *held, int count)
{
    for (int i = 0; i < count; i++)
        if (held[i].held) PyBuffer_Release(&held[i].view);
}

static inline Py_ssize_t items(const Held *held) { return held->view.len / held->view.itemsize; }

/* What the other files add to the module. */
extern PyMethodDef unpack_methods[];
extern PyMethodDef ink_methods[];
extern PyMethodDef board_methods[];
extern PyMethodDef mesh_methods[];

#endif
