//go:build linux && (amd64 || arm64) && !bindings

// What has to be done while the program has a single thread: a process with several cannot enter a user namespace. It
// leaves a copy of the process outside, which becomes the helper when it is told of a program, and ends with this one.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int first_socket = -1; // to the helper
int first_helper = 0;  // its process
int first_errno = 0;   // why there are no namespaces

static void help(int socket, char **envp) {
	char program[PATH_MAX];
	ssize_t n = recv(socket, program, sizeof program - 1, 0);
	if (n <= 0)
		_exit(0);
	program[n] = 0;
	if (socket == 3)
		fcntl(3, F_SETFD, 0);
	else
		dup2(socket, 3);
	char *argv[] = {"subrosa-helper", "__sandbox-helper", NULL};
	execve(program, argv, envp);
	_exit(127);
}

static void put(const char *name, const char *text) {
	int file = open(name, O_WRONLY | O_CLOEXEC);
	if (file < 0 || write(file, text, strlen(text)) < 0) {
		perror(name); // half in a namespace: this process is nobody
		_exit(1);
	}
	close(file);
}

// The C library does not know the environment yet.
static int is_set(char **envp, const char *name) {
	size_t n = strlen(name);
	for (; *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return 1;
	return 0;
}

static void first(int argc, char **argv, char **envp) {
	if ((argc > 1 && strncmp(argv[1], "__", 2) == 0) || is_set(envp, "SUBROSA_SANDBOX"))
		return; // the control is outside, and a successor is inside already
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		first_errno = errno;
		return;
	}
	first_helper = fork();
	if (first_helper == 0) {
		close(pair[0]);
		help(pair[1], envp);
	}
	close(pair[1]);
	first_socket = pair[0];
	char user[64], group[64];
	snprintf(user, sizeof user, "%d %d 1", geteuid(), geteuid());
	snprintf(group, sizeof group, "%d %d 1", getegid(), getegid());
	if (first_helper < 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		first_errno = errno;
		return;
	}
	put("/proc/self/setgroups", "deny");
	put("/proc/self/uid_map", user);
	put("/proc/self/gid_map", group);
}

// Before the libraries' own constructors, which may start threads.
__attribute__((section(".preinit_array"), used)) static void (*at_first)(int, char **, char **) = first;
