/* A ring buffer, as a fixture. */
#include <stdio.h>
#include "ring.h"

#define RING_BYTES 4096
#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* Where the ring stands.
 * Two lines of doc. */
struct ring {
  char bytes[RING_BYTES];
  unsigned head, *tail;
  int (*on_full)(struct ring *, int);
};

typedef struct {
  int x, y;
} point;
typedef unsigned long word;
typedef int (*compare)(const void *, const void *);
enum mode { MODE_READ, MODE_WRITE = 4 };
union value { int i; float f; };

extern int debug_level;
static const int limit = 3;
char *names[] = {"one", "two"};
int push(struct ring *ring, int c);
char *(*handlers[4])(int);

int push(struct ring *ring, int c) {
  unsigned next = ring->head + MIN(c, limit);
  if (ring->on_full) return ring->on_full(ring, next);
  printf("%d\n", debug_level);
  return 0;
}

static char **
old_style(word w, point p)
{
  return names + p.x + w;
}

void test_push(void) { assert(push(&ring, 1) == 0); }
