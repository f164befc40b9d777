/**
 * Makes the slabs small that this thread cuts its small buffers from. A slab lives as long as one of its pieces: of Node's, 64 KiB since
 * Node 24, a thousand checks under way each kept one for the few bytes that a proxy had said, and left holes behind that no other fits.
 */
export function shrinkBufferPool(): void {
  Buffer.poolSize = POOL_BYTES;
}

const POOL_BYTES = 8 * 1024;
