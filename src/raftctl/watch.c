/*
 * The screen and the signals of a command that shows something again and again. Main thread.
 *
 * On a terminal the answers go to its second screen, which terminals keep for programs like this:
 * leaving it brings the first screen back as it was. Lines that are longer than the screen is wide
 * are cut off there, and lines below its last one are left out.
 */
#include "raftctl/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "raftctl/output.h"

/* Escape sequences of ECMA-48 and xterm. */
#define SECOND_SCREEN "\033[?1049h"
#define FIRST_SCREEN "\033[?1049l"
#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"
#define CUT_LINES "\033[?7l"
#define WRAP_LINES "\033[?7h"
#define TO_TOP "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

/* Set by the signal handler, read by all threads that ask nodes. */
static atomic_bool is_interrupted;
static int wake_fd = -1; /* an eventfd, readable once a signal has come */

static void interrupt(int number)
{
    const uint64_t one = 1;
    int saved = errno;
    ssize_t written;

    (void)number;
    atomic_store(&is_interrupted, true);
    written = write(wake_fd, &one, sizeof(one));
    (void)written; /* without it, the wait only lasts longer */
    errno = saved;
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction action = {.sa_handler = interrupt};

    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction before;

        /* What the caller ignores, as nohup(1) does, stays ignored. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(numbers[i], &action, NULL);
        }
    }
}

static void wait_for_next(uint32_t seconds)
{
    struct pollfd entry = {.fd = wake_fd, .events = POLLIN};

    (void)poll(&entry, 1, (int)seconds * 1000);
}

static unsigned screen_rows(void)
{
    struct winsize size = {0};

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row : 24;
}

/* As many lines as the screen has, each without what was there before. */
static void draw(const char *text)
{
    unsigned rows = screen_rows();

    fputs(TO_TOP, stdout);
    for (unsigned row = 1; *text != '\0'; row++) {
        size_t length = strcspn(text, "\n");

        fwrite(text, 1, length, stdout);
        fputs(CLEAR_LINE, stdout);
        text += length + (text[length] == '\n');
        if (row == rows) {
            break;
        }
        fputs("\r\n", stdout);
    }
    fputs(CLEAR_BELOW, stdout);
    fflush(stdout);
}

static void print_time(FILE *file)
{
    time_t now = time(NULL);
    struct tm parts;
    char text[64];

    if (localtime_r(&now, &parts) != NULL && strftime(text, sizeof(text), "%F %T", &parts) > 0) {
        fprintf(file, "%s, until Ctrl-C\n\n", text);
    }
}

/* The whole answer as text, for free(); NULL after a complaint. */
static char *make_text(const struct ctl_options *options, bool on_screen,
                       int (*show)(const struct ctl_options *options, FILE *file), int *code)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (file == NULL) {
        ctl_complain("no memory for the answer");
        *code = CTL_LOCAL;
        return NULL;
    }
    if (on_screen) {
        print_time(file);
    }
    *code = show(options, file);
    fclose(file);
    return text;
}

/* One answer after the other. An answer that a signal interrupts is not printed. */
static int show_answers(const struct ctl_options *options, bool on_screen,
                        int (*show)(const struct ctl_options *options, FILE *file))
{
    const char *between = "";
    int code = CTL_OK;

    while (!atomic_load(&is_interrupted)) {
        int shown;
        char *text = make_text(options, on_screen, show, &shown);

        if (text == NULL) {
            return shown;
        }
        if (!atomic_load(&is_interrupted)) {
            code = shown;
            fputs(between, stdout);
            if (on_screen) {
                draw(text);
            } else {
                fputs(text, stdout);
            }
            between = !on_screen && options->format == CTL_TABLE ? "\n" : "";
        }
        free(text);
        if (fflush(stdout) != 0) {
            break;
        }
        wait_for_next(options->interval_s);
    }
    return code;
}

int watch_run(const struct ctl_options *options,
              int (*show)(const struct ctl_options *options, FILE *file))
{
    bool on_screen = options->format == CTL_TABLE && isatty(STDOUT_FILENO) != 0;
    struct ctl_options asking = *options;
    int code;

    asking.is_cancelled = &is_interrupted;
    catch_signals();
    if (on_screen) {
        fputs(SECOND_SCREEN HIDE_CURSOR CUT_LINES, stdout);
        fflush(stdout); /* the first answer may come late */
    }
    code = show_answers(&asking, on_screen, show);
    if (on_screen) {
        fputs(WRAP_LINES SHOW_CURSOR FIRST_SCREEN, stdout);
    }
    return code;
}
