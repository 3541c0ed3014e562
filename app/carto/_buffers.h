/* Buffers that Python lends: held while C reads or writes them, with items of the size that is wanted. */
#ifndef GRIDWARD_BUFFERS_H
#define GRIDWARD_BUFFERS_H

typedef struct { Py_buffer view; int held; } Held;

static inline int hold(PyObject *object, Held *held, int flags, Py_ssize_t size, const char *what)
{
    if (PyObject_GetBuffer(object, &held->view, flags)) return -1;
    held->held = 1;
    if (held->view.itemsize != size) {
        PyErr_Format(PyExc_ValueError, "%s: items of %zd bytes wanted", what, size);
        return -1;
    }
    return 0;
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
