/* Points by a mesh of known ones, for systems whose formulas are dear: a cubic through four nodes each way.
 *
 * Who calls it makes the mesh and judges by exact points whether it is fine enough (app/carto/meshing.py).
 */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "_buffers.h"

typedef struct { const double *nodes; Py_ssize_t columns, rows; double x0, y0, step_x, step_y; } Mesh;

/* The four weights of nodes -1, 0, 1, 2 about a place, and the first of them; what is no number lies at the first. */
static Py_ssize_t weigh(double place, Py_ssize_t count, double *weights)
{
    Py_ssize_t at = place > 1.0 ? (place < (double)(count - 2) ? (Py_ssize_t)place : count - 3) : 1;
    double f = place - (double)at;
    double outer = f * (f - 1.0) * (1.0 / 6.0), inner = (f + 1.0) * (f - 2.0) * 0.5;
    weights[0] = -outer * (f - 2.0);
    weights[1] = inner * (f - 1.0);
    weights[2] = -inner * f;
    weights[3] = outer * (f + 1.0);
    return at - 1;
}

static void place_all(const Mesh *mesh, double *xy, Py_ssize_t count)
{
    double per_x = 1.0 / mesh->step_x, per_y = 1.0 / mesh->step_y;
    for (Py_ssize_t point = 0; point < count; point++) {
        double across[4], up[4], found[2] = {0.0, 0.0};
        Py_ssize_t left = weigh((xy[2 * point] - mesh->x0) * per_x, mesh->columns, across);
        Py_ssize_t low = weigh((xy[2 * point + 1] - mesh->y0) * per_y, mesh->rows, up);
        for (int row = 0; row < 4; row++) {
            const double *nodes = mesh->nodes + 2 * ((low + row) * mesh->columns + left);
            for (int k = 0; k < 2; k++)
                found[k] += up[row] * (across[0] * nodes[k] + across[1] * nodes[2 + k] + across[2] * nodes[4 + k]
                                       + across[3] * nodes[6 + k]);
        }
        xy[2 * point] = found[0];
        xy[2 * point + 1] = found[1];
    }
}

PyDoc_STRVAR(interpolate_doc,
             "interpolate(xy, nodes, columns, corner, step)\n\nReplace points (float64 x, y) by what a mesh says of them: nodes "
             "(float64 x, y; rows of `columns`, four each way at least)\nof places at equal steps (dx, dy) from a corner (x, y).");

static PyObject *interpolate(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *points, *nodes, *result = NULL;
    Held held[2] = {0};
    Mesh mesh = {0};
    if (!PyArg_ParseTuple(args, "OOn(dd)(dd)", &points, &nodes, &mesh.columns, &mesh.x0, &mesh.y0, &mesh.step_x, &mesh.step_y))
        return NULL;
    if (hold(points, &held[0], WRITTEN, "f8", "xy")
        || hold(nodes, &held[1], 0, "f8", "nodes"))
        goto done;
    if (mesh.columns > 0) mesh.rows = items(&held[1]) / 2 / mesh.columns;
    if (mesh.columns < 4 || mesh.rows < 4 || !(mesh.step_x > 0.0) || !(mesh.step_y > 0.0)) {
        PyErr_SetString(PyExc_ValueError, "four nodes and a step each way are wanted");
        goto done;
    }
    mesh.nodes = held[1].view.buf;
    Py_BEGIN_ALLOW_THREADS
    place_all(&mesh, held[0].view.buf, items(&held[0]) / 2);
    Py_END_ALLOW_THREADS
    result = Py_None;
    Py_INCREF(result);
done:
    let_go(held, 2);
    return result;
}

PyMethodDef mesh_methods[] = {
    {"interpolate", interpolate, METH_VARARGS, interpolate_doc},
    {NULL, NULL, 0, NULL},
};
