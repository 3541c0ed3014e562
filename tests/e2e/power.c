/* What a disk has after a power cut: noted at every fsync, for a program that is started with this in LD_PRELOAD.

   GRIDWARD_DISK names the folder that is watched, GRIDWARD_DURABLE one on the same disk where it is noted:
     f<inode>  a file as it was when it was last brought to the disk
     l<inode>  a second name of that file, so that its number is not given to another
     d<inode>  a folder's names as they were, "<inode> <name>\0" each
   What was never brought to the disk is not there. POSIX promises no more than this. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void place(char *into, const char *folder, char kind, unsigned long inode, const char *more) {
    snprintf(into, PATH_MAX, "%s/%c%lu%s", folder, kind, inode, more);
}

static void give_up(const char *why) {
    perror(why);
    abort(); /* a note that is missing would look like a loss of the program's */
}

static void keep_bytes(int from, int to) {
    static char block[1 << 16];
    off_t at = 0;
    ssize_t got;
    while ((got = pread(from, block, sizeof block, at)) > 0) {
        if (write(to, block, (size_t)got) != got) give_up("durable copy");
        at += got;
    }
    if (got < 0) give_up("durable copy");
}

static void keep_names(int fd, int to) {
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY);
    DIR *names = again < 0 ? NULL : fdopendir(again);
    if (!names) give_up("durable names");
    for (struct dirent *one; (one = readdir(names));)
        if (strcmp(one->d_name, ".") && strcmp(one->d_name, ".."))
            dprintf(to, "%lu %s%c", (unsigned long)one->d_ino, one->d_name, 0);
    closedir(names);
}

static void keep(int fd) {
    const char *disk = getenv("GRIDWARD_DISK"), *durable = getenv("GRIDWARD_DURABLE");
    char link_of[64], path[PATH_MAX], part[PATH_MAX], final[PATH_MAX];
    struct stat found;
    if (!disk || !durable || fstat(fd, &found)) return;
    snprintf(link_of, sizeof link_of, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link_of, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    if (strncmp(path, disk, strlen(disk))) return;
    int folder = S_ISDIR(found.st_mode);
    if (!folder && !S_ISREG(found.st_mode)) return;
    pthread_mutex_lock(&turn);
    snprintf(part, sizeof part, "%s/part-%d", durable, getpid());
    int to = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to < 0) give_up("durable");
    if (folder) {
        keep_names(fd, to);
    } else {
        /* Closing a second handle would give up SQLite's locks; SQLite's own can be read. */
        int blind = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY, from = blind ? open(link_of, O_RDONLY) : fd;
        if (from < 0) give_up("durable file");
        keep_bytes(from, to);
        if (blind) close(from);
        place(final, durable, 'l', found.st_ino, "");
        linkat(AT_FDCWD, link_of, AT_FDCWD, final, AT_SYMLINK_FOLLOW); /* there from the second time on */
    }
    close(to);
    place(final, durable, folder ? 'd' : 'f', found.st_ino, "");
    if (rename(part, final)) give_up("durable name");
    pthread_mutex_unlock(&turn);
}

int fsync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int done = real(fd);
    if (!done) keep(fd);
    return done;
}

int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int done = real(fd);
    if (!done) keep(fd);
    return done;
}
