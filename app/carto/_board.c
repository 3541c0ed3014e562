/* Which boxes are clear of others: the taken ones are spread over a grid of square cells first.
 *
 * Boxes are float64 x0, y0, x1, y1; two that only meet at an edge do not cover each other. A box that is no box
 * (a corner that is no number) covers nothing and is never clear.
 */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "_buffers.h"

typedef struct { double cell; Py_ssize_t columns, rows; } Grid;
typedef struct { Py_ssize_t left, top, right, bottom; } Cells;   /* the last ones are meant too */

static inline Py_ssize_t place_of(double value, double cell, Py_ssize_t count)
{
    double place = floor(value / cell);
    return place > 0.0 ? (place < (double)count ? (Py_ssize_t)place : count - 1) : 0;
}

static int cells_of(const Grid *grid, const double *box, Cells *cells)
{
    if (!(box[0] <= box[2] && box[1] <= box[3])) return 0;
    cells->left = place_of(box[0], grid->cell, grid->columns);
    cells->right = place_of(box[2], grid->cell, grid->columns);
    cells->top = place_of(box[1], grid->cell, grid->rows);
    cells->bottom = place_of(box[3], grid->cell, grid->rows);
    return 1;
}

static int good_grid(const Grid *grid, const Held *starts)
{
    if (grid->cell > 0.0 && grid->columns > 0 && grid->rows > 0 && grid->columns < 65536 && grid->rows < 65536
        && items(starts) == grid->columns * grid->rows + 1)
        return 1;
    PyErr_SetString(PyExc_ValueError, "the grid does not fit");
    return 0;
}

PyDoc_STRVAR(spread_doc,
             "spread(boxes, grid, starts, order) -> int\n\nWith order None count the boxes in each cell (grid: cell size, columns, "
             "rows) into starts (uint32, one more) and give their sum;\nwith order (uint32) list them cell by cell.");

static PyObject *spread(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *objects[3], *result = NULL;
    Held held[3] = {0};
    Grid grid;
    if (!PyArg_ParseTuple(args, "O(dnn)OO", &objects[0], &grid.cell, &grid.columns, &grid.rows, &objects[1], &objects[2]))
        return NULL;
    if (hold(objects[0], &held[0], 0, "f8", "boxes")
        || hold(objects[1], &held[1], WRITTEN, "i4", "starts")
        || (objects[2] != Py_None && hold(objects[2], &held[2], WRITTEN, "i4", "order"))
        || !good_grid(&grid, &held[1]))
        goto done;
    const double *boxes = held[0].view.buf;
    uint32_t *starts = held[1].view.buf, *order = held[2].held ? held[2].view.buf : NULL;
    Py_ssize_t count = items(&held[0]) / 4, cells = grid.columns * grid.rows, room = held[2].held ? items(&held[2]) : 0;
    uint64_t total = 0;
    Py_BEGIN_ALLOW_THREADS
    if (!order) memset(starts, 0, (size_t)held[1].view.len);
    for (Py_ssize_t at = count - 1; at >= 0; at--) {   /* from behind, as every cell is filled from its end */
        Cells in;
        if (!cells_of(&grid, boxes + 4 * at, &in)) continue;
        for (Py_ssize_t row = in.top; row <= in.bottom; row++)
            for (Py_ssize_t column = in.left; column <= in.right; column++) {
                uint32_t *end = starts + row * grid.columns + column;
                if (!order) (*end)++;
                else if (*end && (Py_ssize_t)*end <= room) order[--*end] = (uint32_t)at;
            }
    }
    if (!order) {
        for (Py_ssize_t cell = 0; cell < cells; cell++) {
            total += starts[cell];
            starts[cell] = (uint32_t)total;   /* the end of each cell, which filling makes its start */
        }
        starts[cells] = (uint32_t)total;
    }
    Py_END_ALLOW_THREADS
    if (total >= UINT32_MAX) PyErr_SetString(PyExc_ValueError, "too many boxes");
    else result = PyLong_FromUnsignedLongLong(total);
done:
    let_go(held, 3);
    return result;
}

typedef struct { const double *boxes; Py_ssize_t count; const uint32_t *starts, *order; Py_ssize_t listed; } Taken;

static int is_clear(const Grid *grid, const Taken *taken, const double *box)
{
    Cells in;
    if (!cells_of(grid, box, &in)) return 0;
    for (Py_ssize_t row = in.top; row <= in.bottom; row++)
        for (Py_ssize_t column = in.left; column <= in.right; column++) {
            const uint32_t *start = taken->starts + row * grid->columns + column;
            for (uint32_t at = start[0]; at < start[1] && (Py_ssize_t)at < taken->listed; at++) {
                if ((Py_ssize_t)taken->order[at] >= taken->count) continue;
                const double *other = taken->boxes + 4 * (size_t)taken->order[at];
                if (box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]) return 0;
            }
        }
    return 1;
}

PyDoc_STRVAR(clear_doc,
             "clear(asked, boxes, grid, starts, order, out)\n\nInto out (uint8) whether each asked box covers none of the boxes "
             "that spread put into the grid.");

static PyObject *clear(PyObject *self, PyObject *args)
{
    (void)self;
    enum { ASKED, BOXES, STARTS, ORDER, OUT, PARTS };
    static const char *wanted[] = {"f8", "f8", "i4", "i4", "i1"};
    PyObject *objects[PARTS], *result = NULL;
    Held held[PARTS] = {0};
    Grid grid;
    if (!PyArg_ParseTuple(args, "OO(dnn)OOO", &objects[ASKED], &objects[BOXES], &grid.cell, &grid.columns, &grid.rows,
                          &objects[STARTS], &objects[ORDER], &objects[OUT]))
        return NULL;
    for (int i = 0; i < PARTS; i++)
        if (hold(objects[i], &held[i], i == OUT ? WRITTEN : 0, wanted[i], "clear")) goto done;
    if (!good_grid(&grid, &held[STARTS])) goto done;
    if (items(&held[OUT]) != items(&held[ASKED]) / 4) {
        PyErr_SetString(PyExc_ValueError, "out does not fit the boxes");
        goto done;
    }
    Taken taken = {held[BOXES].view.buf, items(&held[BOXES]) / 4, held[STARTS].view.buf, held[ORDER].view.buf,
                   items(&held[ORDER])};
    const double *asked = held[ASKED].view.buf;
    uint8_t *out = held[OUT].view.buf;
    Py_ssize_t count = items(&held[OUT]);
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t at = 0; at < count; at++) out[at] = (uint8_t)is_clear(&grid, &taken, asked + 4 * at);
    Py_END_ALLOW_THREADS
    result = Py_None;
    Py_INCREF(result);
done:
    let_go(held, PARTS);
    return result;
}

PyMethodDef board_methods[] = {
    {"spread", spread, METH_VARARGS, spread_doc},
    {"clear", clear, METH_VARARGS, clear_doc},
    {NULL, NULL, 0, NULL},
};
