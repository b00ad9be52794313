// Runs a command and, at its k-th system call of a kind, kills it or lets that call fail; or counts such calls; or writes
// down the process's memory at its very end. x86-64 Linux.
//
//   trace [--call NAME,NAME...] [--threads all|main|workers] [--when K | --from K] [--kill | --error ERRNO]
//         [--count FILE] [--dump FILE] -- COMMAND...
//
// Calls are counted over all threads of the kind together, which strace's `when=` does not do. Ends with the command's
// exit code, or 128 and the signal. A filter lets the kernel stop the process at the named calls only.

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct name {
    const char *text;
    long number;
};

#define CALL(call) {#call, SYS_##call}
static const struct name CALLS[] = {
    CALL(read),     CALL(write),     CALL(open),      CALL(close),      CALL(fstat),    CALL(lseek),     CALL(mmap),
    CALL(pread64),  CALL(pwrite64),  CALL(readv),     CALL(writev),     CALL(flock),    CALL(fcntl),     CALL(fsync),
    CALL(fdatasync), CALL(truncate), CALL(ftruncate), CALL(getdents64), CALL(rename),   CALL(mkdir),     CALL(rmdir),
    CALL(creat),    CALL(link),      CALL(unlink),    CALL(symlink),    CALL(readlink), CALL(chmod),     CALL(fchmod),
    CALL(chown),    CALL(fchown),    CALL(openat),    CALL(mkdirat),    CALL(unlinkat), CALL(renameat),  CALL(linkat),
    CALL(renameat2), CALL(symlinkat), CALL(fchmodat), CALL(newfstatat), CALL(fallocate), CALL(syncfs),   CALL(getrandom),
    CALL(statx),    CALL(statfs),    CALL(fstatfs),   CALL(clone3),     CALL(clone),    CALL(exit_group), CALL(sync),
    CALL(copy_file_range), CALL(sync_file_range), CALL(sendfile),
};
#define ERROR(error) {#error, error}
static const struct name ERRORS[] = {
    ERROR(EIO),    ERROR(ENOSPC), ERROR(EMFILE), ERROR(ENFILE), ERROR(EACCES), ERROR(EPERM),  ERROR(EBADF), ERROR(EINTR),
    ERROR(EDQUOT), ERROR(EROFS),  ERROR(ENOMEM), ERROR(EAGAIN), ERROR(ENOLCK), ERROR(EINVAL), ERROR(ENOSYS), ERROR(EXDEV),
    ERROR(ENOTSUP), ERROR(EEXIST), ERROR(ENOENT), ERROR(EBUSY), ERROR(ESTALE), ERROR(EFBIG), ERROR(EMLINK),
};
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void fail(const char *what) {
    fprintf(stderr, "trace: %s: %s\n", what, strerror(errno));
    exit(125);
}

static long find(const struct name *names, size_t count, const char *text) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i].text, text)) return names[i].number;
    fprintf(stderr, "trace: %s is not known\n", text);
    exit(125);
}

// The calls at which the process stops.
static long watched[64];
static size_t watched_count;

static void install_filter(void) {
    struct sock_filter program[2 * 64 + 8];
    size_t length = 0;
    program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < watched_count; i++) {
        program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)watched[i], 0, 1);
        program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {(unsigned short)length, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) fail("seccomp");
}

// FILE.maps and FILE.stat as the kernel gives them, and in FILE.mem all writable mappings, one after the other.
static void dump(pid_t pid, const char *to) {
    char path[4096], line[4096];
    const char *texts[] = {"maps", "stat"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", pid, texts[i]);
        FILE *in = fopen(path, "r");
        snprintf(path, sizeof path, "%s.%s", to, texts[i]);
        FILE *out = fopen(path, "w");
        if (!in || !out) fail(path);
        while (fgets(line, sizeof line, in)) fputs(line, out);
        fclose(in);
        fclose(out);
    }
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY);
    if (memory < 0) fail(path);
    snprintf(path, sizeof path, "%s.maps", to);
    FILE *maps = fopen(path, "r");
    snprintf(path, sizeof path, "%s.mem", to);
    FILE *out = fopen(path, "w");
    if (!maps || !out) fail(path);
    static char page[1 << 16];
    while (fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        char rights[8];
        if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || rights[0] != 'r' || rights[1] != 'w') continue;
        while (start < end) {
            size_t want = end - start < sizeof page ? end - start : sizeof page;
            memset(page, 0, want);
            // Unreadable parts, such as a device's memory, stay zero.
            if (pread(memory, page, want, (off_t)start) < 0 && errno != EIO && errno != EFAULT) fail("memory");
            fwrite(page, 1, want, out);
            start += want;
        }
    }
    if (fclose(out)) fail(path);
    fclose(maps);
    close(memory);
}

int main(int argc, char **argv) {
    const char *count_file = NULL, *dump_file = NULL, *threads = "all";
    long when = 0, from = 0, error = 0;
    int deadly = 0, at = 1;
    for (; at < argc && strcmp(argv[at], "--"); at++) {
        const char *option = argv[at];
        if (!strcmp(option, "--kill")) {
            deadly = 1;
            continue;
        }
        const char *value = at + 1 < argc ? argv[++at] : "";
        if (!strcmp(option, "--call")) {
            char *list = strdup(value);
            for (char *word = strtok(list, ","); word && watched_count < LENGTH(watched) - 1; word = strtok(NULL, ","))
                watched[watched_count++] = find(CALLS, LENGTH(CALLS), word);
        } else if (!strcmp(option, "--threads")) threads = value;
        else if (!strcmp(option, "--when")) when = atol(value);
        else if (!strcmp(option, "--from")) from = atol(value);
        else if (!strcmp(option, "--error")) error = find(ERRORS, LENGTH(ERRORS), value);
        else if (!strcmp(option, "--count")) count_file = value;
        else if (!strcmp(option, "--dump")) dump_file = value;
        else {
            fprintf(stderr, "trace: unknown option %s\n", option);
            return 125;
        }
    }
    if (at + 1 >= argc) {
        fprintf(stderr, "trace: no command after --\n");
        return 125;
    }
    if (dump_file) watched[watched_count++] = SYS_exit_group;

    pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0)) fail("ptrace");
        raise(SIGSTOP);
        install_filter();
        execvp(argv[at + 1], argv + at + 1);
        fail(argv[at + 1]);
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) fail("start");
    long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
                   PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, pid, 0, options)) fail("ptrace");
    ptrace(PTRACE_CONT, pid, 0, 0);

    // Calls by number, of the first thread and of the others.
    static long counts[2][1024];
    long matched = 0;
    int code = 125;
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0) break;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (thread == pid) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        if (!WIFSTOPPED(status)) continue;
        int event = status >> 16, signal = WSTOPSIG(status);
        if (event == PTRACE_EVENT_SECCOMP) {
            struct user_regs_struct registers;
            if (!ptrace(PTRACE_GETREGS, thread, 0, &registers) && registers.orig_rax < 1024) {
                long call = (long)registers.orig_rax;
                int worker = thread != pid;
                counts[worker][call]++;
                if (call == SYS_exit_group && dump_file) dump(pid, dump_file);
                if (!strcmp(threads, "all") || !strcmp(threads, worker ? "workers" : "main")) matched++;
                else goto go_on;
                if (matched == when || (from && matched >= from)) {
                    if (deadly) kill(pid, SIGKILL);
                    else if (error) {
                        registers.orig_rax = (unsigned long long)-1;
                        registers.rax = (unsigned long long)-error;
                        ptrace(PTRACE_SETREGS, thread, 0, &registers);
                    }
                }
            }
        }
    go_on:
        // Events and the first stop of a thread are handled here; every other signal is passed to the process.
        ptrace(PTRACE_CONT, thread, 0, event || signal == SIGSTOP || signal == SIGTRAP ? 0 : signal);
    }
    if (count_file) {
        FILE *out = fopen(count_file, "w");
        if (!out) fail(count_file);
        for (size_t i = 0; i < LENGTH(CALLS); i++)
            for (int worker = 0; worker < 2; worker++)
                if (counts[worker][CALLS[i].number])
                    fprintf(out, "%s %s %ld\n", CALLS[i].text, worker ? "workers" : "main", counts[worker][CALLS[i].number]);
        fclose(out);
    }
    return code;
}
