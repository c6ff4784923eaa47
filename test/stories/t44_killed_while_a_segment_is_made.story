# T44. Node 3 is killed while it makes the next segment of its log, again and again, at each of the
# operations that this takes. A file without its header at the end of the log is a remainder of
# that: each start removes it and goes on.

nodes 3 segment-bytes=16384
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
die 3 1
set 1 key0 x 9001
       0.106  node 1  is asked (1): SET key0 xxxxxxxxxxxx... (9001 bytes)
run 1100
       0.108  node 3  ends: cannot append to /data/wal-0000000000000002.log: Input/output error; the disk reports an error: see the kernel's log
       0.108  node 3  is killed
       0.109  node 1  commits up to 3
       0.109  node 1  answers (1): done, index 3
       0.109  world   request 1 done: OK
       1.108  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
       1.123  node 3  is follower in term 2, leader 1, log up to 3, committed 3
die 3 2
set 1 key0 x 9002
       1.206  node 1  is asked (2): SET key0 xxxxxxxxxxxx... (9002 bytes)
run 1100
       1.208  node 3  ends: cannot write the header of /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       1.208  node 3  is killed
       1.209  node 1  commits up to 4
       1.209  node 1  answers (2): done, index 4
       1.209  world   request 2 done: OK
       2.208  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 3
       2.244  node 3  is follower in term 2, leader 1, log up to 4, committed 4
die 3 3
set 1 key0 x 9003
       2.306  node 1  is asked (3): SET key0 xxxxxxxxxxxx... (9003 bytes)
run 1100
       2.308  node 3  ends: cannot prepare /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       2.308  node 3  is killed
       2.310  node 1  commits up to 5
       2.310  node 1  answers (3): done, index 5
       2.310  world   request 3 done: OK
       3.308  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 4
       3.323  node 3  is follower in term 2, leader 1, log up to 5, committed 5
die 3 4
set 1 key0 x 9004
       3.406  node 1  is asked (4): SET key0 xxxxxxxxxxxx... (9004 bytes)
run 1100
       3.408  node 3  ends: cannot write the header of /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       3.408  node 3  is killed
       3.410  node 1  commits up to 6
       3.410  node 1  answers (4): done, index 6
       3.410  world   request 4 done: OK
       4.408  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 6
       4.417  node 3  is follower in term 2, leader 1, log up to 6, committed 6
die 3 5
set 1 key0 x 9005
       4.506  node 1  is asked (5): SET key0 xxxxxxxxxxxx... (9005 bytes)
run 1100
       4.508  node 3  ends: cannot rename /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       4.508  node 3  is killed
       4.509  node 1  commits up to 7
       4.509  node 1  answers (5): done, index 7
       4.509  world   request 5 done: OK
       5.508  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 6
       5.522  node 3  is follower in term 2, leader 1, log up to 7, committed 7
die 3 6
set 1 key0 x 9006
       5.606  node 1  is asked (6): SET key0 xxxxxxxxxxxx... (9006 bytes)
run 1100
       5.608  node 3  ends: cannot sync the directory of /data/wal-0000000000000007.log: Input/output error; the disk reports an error: see the kernel's log
       5.608  node 3  is killed
       5.609  node 1  commits up to 8
       5.609  node 1  answers (6): done, index 8
       5.609  world   request 6 done: OK
       6.608  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 7
       6.642  node 3  is follower in term 2, leader 1, log up to 8, committed 8
die 3 7
set 1 key0 x 9007
       6.706  node 1  is asked (7): SET key0 xxxxxxxxxxxx... (9007 bytes)
run 1100
       6.708  node 3  ends: cannot append to /data/wal-0000000000000008.log: Input/output error; the disk reports an error: see the kernel's log
       6.708  node 3  is killed
       6.709  node 1  commits up to 9
       6.709  node 1  answers (7): done, index 9
       6.709  world   request 7 done: OK
       7.708  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 9
       7.735  node 3  is follower in term 2, leader 1, log up to 9, committed 9
die 3 8
set 1 key0 x 9008
       7.806  node 1  is asked (8): SET key0 xxxxxxxxxxxx... (9008 bytes)
run 1100
       7.808  node 3  ends: cannot sync /data/wal-0000000000000009.log: Input/output error; the disk reports an error: see the kernel's log
       7.808  node 3  is killed
       7.809  node 1  commits up to 10
       7.809  node 1  answers (8): done, index 10
       7.809  world   request 8 done: OK
       8.808  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 10
       8.829  node 3  is follower in term 2, leader 1, log up to 10, committed 10
die 3 9
set 1 key0 x 9009
       8.906  node 1  is asked (9): SET key0 xxxxxxxxxxxx... (9009 bytes)
run 1100
       8.909  node 1  commits up to 11
       8.909  node 1  answers (9): done, index 11
       8.909  world   request 9 done: OK
die 3 10
set 1 key0 x 9010
      10.006  node 1  is asked (10): SET key0 xxxxxxxxxxxx... (9010 bytes)
run 1100
      10.009  node 1  commits up to 12
      10.009  node 1  answers (10): done, index 12
      10.009  world   request 10 done: OK
status
      11.106  node 1  leader in term 2, log up to 12 of term 2, on disk 12, committed 12
      11.106  node 2  follower in term 2, log up to 12 of term 2, on disk 12, committed 12
      11.106  node 3  follower in term 2, log up to 12 of term 2, on disk 12, committed 12
get 3 key0
      11.106  node 3  is asked (11): GET key0
run 50
      11.111  node 3  answers (11): done, index 12
      11.111  world   request 11 done: xxxx... (9010 bytes)
