# T35. Node 3 is killed while it saves a snapshot, again and again, at each of the operations that
# this takes. What is there of the file has another name until all of it is durable, so each start
# takes the snapshot before it, or the log, and saves the next one.

nodes 3 snapshot-every=3 snapshot-tail=0
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
die 3 2
set 1 key0 a 300
       0.106  node 1  is asked (1): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       0.106  node 1  is asked (2): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       0.106  node 1  is asked (3): SET key2 cccccccccccc... (300 bytes)
run 1100
       0.108  node 3  ends: cannot sync /data/wal-0000000000000001.log: Input/output error; the disk reports an error: see the kernel's log
       0.108  node 3  is killed
       0.109  node 1  commits up to 5
       0.109  node 1  answers (1): done, index 3
       0.109  node 1  answers (2): done, index 4
       0.109  node 1  answers (3): done, index 5
       0.109  world   request 1 done: OK
       0.109  world   request 2 done: OK
       0.109  world   request 3 done: OK
       0.113  node 1  has saved a snapshot of index 5
       0.157  node 2  has saved a snapshot of index 5
       1.108  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 5
       1.115  node 3  is follower in term 2, leader 1, log up to 5, committed 5
       1.118  node 3  has saved a snapshot of index 5
die 3 3
set 1 key0 a 300
       1.206  node 1  is asked (4): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       1.206  node 1  is asked (5): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       1.206  node 1  is asked (6): SET key2 cccccccccccc... (300 bytes)
run 1100
       1.209  node 1  commits up to 8
       1.209  node 1  answers (4): done, index 6
       1.209  node 1  answers (5): done, index 7
       1.209  node 1  answers (6): done, index 8
       1.209  world   request 4 done: OK
       1.209  world   request 5 done: OK
       1.209  world   request 6 done: OK
       1.214  node 1  has saved a snapshot of index 8
       1.258  node 2  has saved a snapshot of index 8
die 3 4
set 1 key0 a 300
       2.306  node 1  is asked (7): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       2.306  node 1  is asked (8): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       2.306  node 1  is asked (9): SET key2 cccccccccccc... (300 bytes)
run 1100
       2.308  node 3  ends: cannot append to /data/wal-0000000000000001.log: Input/output error; the disk reports an error: see the kernel's log
       2.308  node 3  is killed
       2.309  node 1  commits up to 11
       2.309  node 1  answers (7): done, index 9
       2.309  node 1  answers (8): done, index 10
       2.309  node 1  answers (9): done, index 11
       2.309  world   request 7 done: OK
       2.309  world   request 8 done: OK
       2.309  world   request 9 done: OK
       2.314  node 1  has saved a snapshot of index 11
       2.358  node 2  has saved a snapshot of index 11
       3.308  node 3  starts: term 2, vote 1, snapshot of 5, log 6 to 8
       3.326  node 3  is follower in term 2, leader 1, log up to 11, committed 11
       3.329  node 3  has saved a snapshot of index 11
die 3 5
set 1 key0 a 300
       3.406  node 1  is asked (10): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       3.406  node 1  is asked (11): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       3.406  node 1  is asked (12): SET key2 cccccccccccc... (300 bytes)
run 1100
       3.408  node 3  ends: cannot prepare /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       3.408  node 3  is killed
       3.409  node 1  commits up to 14
       3.409  node 1  answers (10): done, index 12
       3.409  node 1  answers (11): done, index 13
       3.409  node 1  answers (12): done, index 14
       3.409  world   request 10 done: OK
       3.409  world   request 11 done: OK
       3.409  world   request 12 done: OK
       3.413  node 1  has saved a snapshot of index 14
       3.458  node 2  has saved a snapshot of index 14
       4.408  node 3  starts: term 2, vote 1, snapshot of 11, log 12 to 14
       4.443  node 3  is follower in term 2, leader 1, log up to 14, committed 14
       4.444  node 3  has saved a snapshot of index 14
die 3 6
set 1 key0 a 300
       4.506  node 1  is asked (13): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       4.506  node 1  is asked (14): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       4.506  node 1  is asked (15): SET key2 cccccccccccc... (300 bytes)
run 1100
       4.508  node 3  ends: cannot sync /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       4.508  node 3  is killed
       4.509  node 1  commits up to 17
       4.509  node 1  answers (13): done, index 15
       4.509  node 1  answers (14): done, index 16
       4.509  node 1  answers (15): done, index 17
       4.509  world   request 13 done: OK
       4.509  world   request 14 done: OK
       4.509  world   request 15 done: OK
       4.510  node 1  has saved a snapshot of index 17
       4.558  node 2  has saved a snapshot of index 17
       5.508  node 3  starts: term 2, vote 1, snapshot of 14, log 15 to 17
       5.543  node 3  is follower in term 2, leader 1, log up to 17, committed 17
       5.545  node 3  has saved a snapshot of index 17
die 3 7
set 1 key0 a 300
       5.606  node 1  is asked (16): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       5.606  node 1  is asked (17): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       5.606  node 1  is asked (18): SET key2 cccccccccccc... (300 bytes)
run 1100
       5.609  node 1  commits up to 20
       5.609  node 1  answers (16): done, index 18
       5.609  node 1  answers (17): done, index 19
       5.609  node 1  answers (18): done, index 20
       5.609  world   request 16 done: OK
       5.609  world   request 17 done: OK
       5.609  world   request 18 done: OK
       5.614  node 1  has saved a snapshot of index 20
       5.658  node 2  has saved a snapshot of index 20
die 3 8
set 1 key0 a 300
       6.706  node 1  is asked (19): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       6.706  node 1  is asked (20): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       6.706  node 1  is asked (21): SET key2 cccccccccccc... (300 bytes)
run 1100
       6.708  node 3  ends: cannot append to /data/wal-0000000000000001.log: Input/output error; the disk reports an error: see the kernel's log
       6.708  node 3  is killed
       6.710  node 1  commits up to 23
       6.710  node 1  answers (19): done, index 21
       6.710  node 1  answers (20): done, index 22
       6.710  node 1  answers (21): done, index 23
       6.710  world   request 19 done: OK
       6.710  world   request 20 done: OK
       6.710  world   request 21 done: OK
       6.711  node 1  has saved a snapshot of index 23
       6.760  node 2  has saved a snapshot of index 23
       7.708  node 3  starts: term 2, vote 1, snapshot of 17, log 18 to 20
       7.740  node 3  is follower in term 2, leader 1, log up to 23, committed 23
       7.741  node 3  has saved a snapshot of index 23
die 3 9
set 1 key0 a 300
       7.806  node 1  is asked (22): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       7.806  node 1  is asked (23): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       7.806  node 1  is asked (24): SET key2 cccccccccccc... (300 bytes)
run 1100
       7.809  node 1  commits up to 26
       7.809  node 1  answers (22): done, index 24
       7.809  node 1  answers (23): done, index 25
       7.809  node 1  answers (24): done, index 26
       7.809  world   request 22 done: OK
       7.809  world   request 23 done: OK
       7.809  world   request 24 done: OK
       7.810  node 1  has saved a snapshot of index 26
       7.858  node 2  has saved a snapshot of index 26
die 3 10
set 1 key0 a 300
       8.906  node 1  is asked (25): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       8.906  node 1  is asked (26): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       8.906  node 1  is asked (27): SET key2 cccccccccccc... (300 bytes)
run 1100
       8.908  node 3  ends: cannot append to /data/wal-0000000000000001.log: Input/output error; the disk reports an error: see the kernel's log
       8.908  node 3  is killed
       8.909  node 1  commits up to 29
       8.909  node 1  answers (25): done, index 27
       8.909  node 1  answers (26): done, index 28
       8.909  node 1  answers (27): done, index 29
       8.909  world   request 25 done: OK
       8.909  world   request 26 done: OK
       8.909  world   request 27 done: OK
       8.914  node 1  has saved a snapshot of index 29
       8.961  node 2  has saved a snapshot of index 29
       9.908  node 3  starts: term 2, vote 1, snapshot of 26, log 27 to 26
       9.934  node 3  is follower in term 2, leader 1, log up to 29, committed 29
       9.936  node 3  has saved a snapshot of index 29
die 3 11
set 1 key0 a 300
      10.006  node 1  is asked (28): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
      10.006  node 1  is asked (29): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
      10.006  node 1  is asked (30): SET key2 cccccccccccc... (300 bytes)
run 1100
      10.010  node 1  commits up to 32
      10.010  node 1  answers (28): done, index 30
      10.010  node 1  answers (29): done, index 31
      10.010  node 1  answers (30): done, index 32
      10.010  world   request 28 done: OK
      10.010  world   request 29 done: OK
      10.010  world   request 30 done: OK
      10.011  node 1  has saved a snapshot of index 32
      10.060  node 2  has saved a snapshot of index 32
status
      11.106  node 1  leader in term 2, log up to 32 of term 2, on disk 32, committed 32
      11.106  node 2  follower in term 2, log up to 32 of term 2, on disk 32, committed 32
      11.106  node 3  follower in term 2, log up to 32 of term 2, on disk 32, committed 32
get 3 key0
      11.106  node 3  is asked (31): GET key0
run 50
      11.111  node 3  answers (31): done, index 32
      11.111  world   request 31 done: aaaa... (300 bytes)
